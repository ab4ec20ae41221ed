using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// Collects and exports what .NET, ASP.NET Core, Npgsql and <c>ScaleHub.*</c> measure, from before the first service starts until
/// after the last has stopped. Configured by the standard variables <c>OTEL_*</c> (OpenTelemetry specification, "Environment
/// Variable Specification" and "OTLP Exporter Configuration").
/// <para>Guarantee: a collector that is slow or away costs nothing but its telemetry. Exports run on threads of their own with
/// bounded queues, and the last flush takes at most <see cref="FlushLimit"/>.</para>
/// </summary>
internal sealed class TelemetryService(IConfiguration configuration, IHostEnvironment environment, IServiceProvider services)
    : IHostedLifecycleService
{
    /// <summary>Longest wait for the last flush.</summary>
    public static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The providers have services of their own; the host's configuration replaces their view of the environment.
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(own => own.AddSingleton(configuration))
            .ConfigureResource(resource => resource.Describe(configuration, environment.ApplicationName))
            .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "ScaleHub.*")
            .AddProcessor(new NoiseFilter())
            .AddOtlpExporter()
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(own => own.AddSingleton(configuration))
            .ConfigureResource(resource => resource.Describe(configuration, environment.ApplicationName))
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime",
                "Npgsql", "ScaleHub.*")
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>Flushes, all three at once, since each of the calls blocks.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        var limit = (int)FlushLimit.TotalMilliseconds;
        var logs = services.GetService<LoggerProvider>();
        var flush = Task.WhenAll(
            Task.Run(() => _traces?.Shutdown(limit), CancellationToken.None),
            Task.Run(() => _metrics?.Shutdown(limit), CancellationToken.None),
            Task.Run(() => logs?.Shutdown(limit), CancellationToken.None));
        // A provider that outstays the limit is left to the end of the process; its threads are background threads.
        if (await Task.WhenAny(flush, Task.Delay(FlushLimit, CancellationToken.None)) != flush) return;
        await flush;
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
