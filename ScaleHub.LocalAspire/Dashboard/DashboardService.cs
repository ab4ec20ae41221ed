using Microsoft.Extensions.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Keeps the dashboard up for as long as the graph: it is there before the first resource starts and until the last one has
/// stopped. Its port is that of the AppHost's <c>ASPNETCORE_URLS</c> (which is how Aspire is told), else 18888.
/// </summary>
internal sealed class DashboardService(RunOptions options, StartConsole console, IServiceProvider services)
    : IHostedService, IAsyncDisposable
{
    private const int DefaultPort = 18888;

    private DashboardServer? _server;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.DisableDashboard)
            return;

        var wanted = WantedPort();
        _server = await DashboardServer.StartAsync(services, wanted, cancellationToken);
        if (_server.Port != wanted && wanted != 0 && options.FixedPorts)
            throw Ports.Taken("dashboard", wanted);
        if (_server.Port != wanted && wanted != 0)
            console.Tell($"dashboard: port {wanted} is taken, using {_server.Port}");
        console.Tell($"Login to the dashboard at {_server.LoginUrl}");
        console.DashboardUrl = _server.LoginUrl;
    }

    // Services stop in the reverse order of their start, so the resources have ended by now.
    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static int WantedPort() =>
        (Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? "").Split(';')
            .Select(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == "http" ? parsed.Port : (int?)null)
            .FirstOrDefault(port => port is not null) ?? DefaultPort;
}
