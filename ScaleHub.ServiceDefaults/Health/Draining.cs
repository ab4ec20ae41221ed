using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ScaleHub.ServiceDefaults.Health;

/// <summary>Section <c>Shutdown</c>.</summary>
public sealed class ShutdownOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Shutdown";

    /// <summary>
    /// Seconds between the moment in which <c>/health/ready</c> turns 503 and the one in which connections are refused: longer
    /// than the balancer takes to notice. Default 1. The rest of a stop has what remains of
    /// <see cref="Extensions.ShutdownTimeout"/>.
    /// </summary>
    [Range(0.0, 5.0)] public double DrainSeconds { get; set; } = 1;
}

/// <summary>
/// What a process does between SIGTERM and the end of its server.
/// <para>Guarantee: readiness is 503 from the signal on, while requests are served as before. Each answer closes its connection
/// (RFC 9112, 9.6), so that a balancer stops using the connections that it keeps. After
/// <see cref="ShutdownOptions.DrainSeconds"/> the server refuses new connections, serves those that were made before for half a
/// second more, and finishes the requests under way.</para>
/// </summary>
internal sealed class Draining(
    IOptions<ShutdownOptions> options, IHostApplicationLifetime lifetime, IEnumerable<IServer> servers, ClosableListeners listeners)
    : IHostedLifecycleService, IStartupFilter
{
    // From connecting to the arrival of the request, on a busy machine.
    private static readonly TimeSpan LastRequests = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether the process was told to stop.</summary>
    public bool IsOn => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Outermost, so that answers of every kind say it.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, following) =>
        {
            // Later versions of HTTP have frames of their own for that, which the server sends.
            if (IsOn && HttpProtocol.IsHttp11(http.Request.Protocol)) http.Response.Headers.Connection = "close";
            return following(http);
        });
        next(app);
    };

    // Before the first of all services is stopped, the server among them. Not delayed: a command, which has no server, and a host
    // that its own program stops, without a signal.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (!IsOn || !servers.Any() || options.Value.DrainSeconds == 0) return;
        await Task.Delay(TimeSpan.FromSeconds(options.Value.DrainSeconds), cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await listeners.CloseAsync();
        await Task.Delay(LastRequests, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
