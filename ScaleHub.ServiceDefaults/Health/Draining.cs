using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
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
/// <para>Guarantee: readiness is 503 from the signal on, while requests are served as before. After
/// <see cref="ShutdownOptions.DrainSeconds"/> the server refuses new connections, and each answer closes its connection (RFC 9112,
/// 9.6), so that a balancer uses up those that it keeps, is refused a new one, and goes elsewhere. The server stops when no request
/// has come for a second, or after three; it finishes the requests under way.</para>
/// </summary>
internal sealed class Draining(
    IOptions<ShutdownOptions> options, IHostApplicationLifetime lifetime, IEnumerable<IServer> servers, ClosableListeners listeners)
    : IHostedLifecycleService, IStartupFilter
{
    // From connecting to the arrival of the request, and between two requests of a balancer, on a busy machine.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(3);

    private volatile bool _isClosed;
    private long _lastRequest;

    /// <summary>Whether the process was told to stop.</summary>
    public bool IsOn => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Outermost, so that answers of every kind say it.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, following) =>
        {
            if (!_isClosed) return following(http);
            Volatile.Write(ref _lastRequest, Stopwatch.GetTimestamp());
            // Not before: a balancer would make a new connection for each request until the listener is closed, and the one that
            // nobody has accepted at that moment is lost with its request.
            // Later versions of HTTP have frames of their own for that, which the server sends.
            if (HttpProtocol.IsHttp11(http.Request.Protocol)) http.Response.Headers.Connection = "close";
            return following(http);
        });
        next(app);
    };

    // Before the first of all services is stopped, the server among them. Not delayed: a command, which has no server, and a host
    // that its own program stops, without a signal.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (!IsOn || !servers.Any() || options.Value.DrainSeconds == 0) return;
        await DelayAsync(TimeSpan.FromSeconds(options.Value.DrainSeconds), cancellationToken);
        var closed = Stopwatch.GetTimestamp();
        _lastRequest = closed;
        _isClosed = true;
        await listeners.CloseAsync();
        while (!cancellationToken.IsCancellationRequested)
        {
            var rest = Quiet - Stopwatch.GetElapsedTime(Volatile.Read(ref _lastRequest));
            if (rest <= TimeSpan.Zero || Stopwatch.GetElapsedTime(closed) > Longest) return;
            await DelayAsync(rest, cancellationToken);
        }
    }

    private static async Task DelayAsync(TimeSpan time, CancellationToken cancellationToken)
        => await Task.Delay(time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
