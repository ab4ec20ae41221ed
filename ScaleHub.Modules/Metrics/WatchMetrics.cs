using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Metrics;

/// <summary>
/// <c>GET /api/admin/metrics/events</c>: how all of it is, as Server-Sent Events (WHATWG HTML, 9.2): an event <c>tick</c> at once and
/// every five seconds. The stream ends with the operator's session, after ten minutes, and when the instance stops; a client connects
/// again. While the database does not answer, events are left out.
/// </summary>
public sealed class WatchMetrics(
    MetricsTicks ticks, LiveSessions sessions, IHostApplicationLifetime lifetime, TimeProvider time, AccessToken me)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Streams how all of it is.</summary>
    public static ServerSentEventsResult<MetricsTick> Handle(
        AccessToken me, MetricsTicks ticks, LiveSessions sessions, IHostApplicationLifetime lifetime, TimeProvider time, HttpContext http,
        CancellationToken cancellationToken)
    {
        // nginx would keep events back until its buffer is full.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(new WatchMetrics(ticks, sessions, lifetime, time, me).StreamAsync(cancellationToken), "tick");
    }

    private async IAsyncEnumerable<MetricsTick> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(MetricsTicks.Every, time);
        var began = time.GetTimestamp();
        do
        {
            var (tick, isSignedIn) = await LookAsync(cancellationToken);
            if (!isSignedIn) yield break;
            if (tick is not null) yield return tick;
        }
        while (time.GetElapsedTime(began) < Longest && await timer.TicksAsync(ending.Token));
    }

    // A stream is none the worse for a database that is away: the client would only connect again.
    private async Task<(MetricsTick? Tick, bool IsSignedIn)> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await sessions.FindAsync(me.CompanyId, me.SessionId, cancellationToken) is null) return (null, false);
            return (await ticks.ReadAsync(cancellationToken), true);
        }
        catch (Exception e) when (e is NoNodeException || DatabaseErrors.IsPassing(e))
        {
            return (null, true);
        }
    }
}
