using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Http.Overload;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules;
using ScaleHub.ServiceDefaults;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Architecture;

/// <summary>The table of docs/telemetry.md has each instrument of the meters <c>ScaleHub.*</c>, as it is.</summary>
public sealed class InstrumentsPageTests
{
    [Fact]
    public async Task The_page_lists_every_instrument_with_its_kind_unit_and_meaning()
    {
        var page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "telemetry.md"));
        var rows = page.Where(line => line.StartsWith("| `scalehub.", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1]} | {cells[2]} | {cells[3]} | {cells[5]}");
        Assert.Equal(Instruments().Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    /// <summary>Whatever the API or the worker makes: each class that takes the factory of meters is asked for.</summary>
    private static List<string> Instruments()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:scalehub", "Host=127.0.0.1;Port=1;Username=nobody;Database=none"),
            new("ConnectionStrings:redis", "127.0.0.1:1"),
            new("ScaleHub:Secret", PostgresServer.Secret),
            new("Metrics:Port", "1"),
        ]);
        builder.AddServiceDefaults();
        builder.AddPlatform();
        builder.AddLoadShedding();
        builder.AddRateLimits();
        builder.AddCache();
        builder.AddModules();
        builder.AddJobLoops();
        builder.AddMailSender();
        using var app = (IDisposable)builder.Build();
        var services = ((WebApplication)app).Services;
        var meters = services.GetRequiredService<IMeterFactory>();
        List<string> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                // Tests beside this one have hosts of their own.
                if (instrument.Meter.Scope == meters && instrument.Meter.Name.StartsWith("ScaleHub.", StringComparison.Ordinal))
                    instruments.Add($"`{instrument.Name}` | {Kind(instrument)} | `{instrument.Unit}` | {instrument.Description}");
            },
        };
        listener.Start();
        foreach (var service in builder.Services.Where(s => MakesInstruments(s.ImplementationType)).Select(s => s.ServiceType).ToHashSet())
            _ = services.GetServices(service).Count();
        return instruments;
    }

    private static bool MakesInstruments(Type? type) => type is not null
        && type.Assembly.GetName().Name!.StartsWith("ScaleHub.", StringComparison.Ordinal)
        && type.GetConstructors().Any(c => c.GetParameters().Any(p => p.ParameterType == typeof(IMeterFactory)));

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "UpDownCounter" or "ObservableUpDownCounter" => "up-down counter",
        "Histogram" => "histogram",
        "Gauge" or "ObservableGauge" => "gauge",
        var other => other,
    };
}
