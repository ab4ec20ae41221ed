using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// Answers <c>GET /metrics</c> in Prometheus' text format on a port of its own (<see cref="MetricsEndpointOptions"/>); whatever
/// else is asked there is 404.
/// <para>A server of its own, and not one more address of the program's: an address in code takes the place of those that are
/// configured, and each middleware would have to tell the two apart. Nothing of the program's pipeline runs here, so a scrape is
/// no request in its metrics, traces and logs, and is answered while the program is full or is being drained.</para>
/// </summary>
internal sealed class MetricsListener(IServiceProvider services, IOptions<MetricsEndpointOptions> options, ILoggerFactory loggers)
    : IHostedService, IHttpApplication<HttpContext>, IDisposable
{
    private KestrelServer? _server;
    private RequestDelegate _answer = null!;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _answer = new ApplicationBuilder(services).UseOpenTelemetryPrometheusScrapingEndpoint().Build();
        var (address, port) = (IPAddress.Parse(options.Value.Address), options.Value.Port);
        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        kestrel.Listen(address, port);
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        _server = new(Options.Create(kestrel), sockets, loggers);
        try
        {
            await _server.StartAsync(this, cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new ConfigurationException(
                $"{MetricsEndpointOptions.Section}__Port: nothing can listen on {new IPEndPoint(address, port)}. {e.Message}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public void Dispose() => _server?.Dispose();

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => _answer(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // It holds nothing.
    }
}

/// <summary>Registers <see cref="MetricsListener"/>.</summary>
internal static class MetricsEndpoint
{
    /// <summary>
    /// Whether the settings ask for it, which is then registered. A program that serves nobody, as a command that runs to its
    /// end, has none: it may run beside one that has the port.
    /// </summary>
    public static bool AddMetricsEndpoint(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<MetricsEndpointOptions>().BindConfiguration(MetricsEndpointOptions.Section)
            .ValidateDataAnnotations().ValidateOnStart();
        var isOn = builder is WebApplicationBuilder
            && builder.Configuration.GetSection(MetricsEndpointOptions.Section).Get<MetricsEndpointOptions>() is { Port: > 0 };
        if (isOn) builder.Services.AddHostedService<MetricsListener>();
        return isOn;
    }

    /// <summary>The names that Prometheus' own rules make: <c>http_server_request_duration_seconds</c>.</summary>
    public static MeterProviderBuilder AddMetricsEndpoint(this MeterProviderBuilder metrics)
        // The meter's name in each series would be one more label on both sides of every calculation.
        => metrics.AddPrometheusExporter(options => options.ScopeInfoEnabled = false);
}
