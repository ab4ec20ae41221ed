using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.Modules.Metrics.Alerts;

namespace ScaleHub.Modules.Metrics;

/// <summary>How all of it is, at a glance.</summary>
/// <param name="At">When.</param>
/// <param name="Figures">All requests of the last two to three minutes.</param>
/// <param name="ActiveUsers">People who made requests.</param>
/// <param name="OpenProblems">How many there are.</param>
/// <param name="Jobs">The queue.</param>
public sealed record MetricsTick(DateTimeOffset At, Figures Figures, ActiveUsers ActiveUsers, long OpenProblems, JobsTick Jobs);

/// <summary>The queue of jobs.</summary>
/// <param name="Queued">Jobs that could run.</param>
/// <param name="Running">Jobs that a worker is at.</param>
/// <param name="Dead">Jobs that failed for good.</param>
/// <param name="OldestSeconds">For how long the oldest of those that could run has waited.</param>
public sealed record JobsTick(long Queued, long Running, long Dead, double OldestSeconds);

/// <summary>
/// <c>GET /api/admin/metrics/events</c>: how all of it is, as Server-Sent Events (WHATWG HTML, 9.2): an event <c>tick</c> at once and
/// every five seconds. The stream ends with the operator's session, after ten minutes, and when the instance stops; a client connects
/// again. While the database does not answer, events are left out.
/// </summary>
public sealed class WatchMetrics(
    IServiceScopeFactory scopes, LiveSessions sessions, IHostApplicationLifetime lifetime, TimeProvider time, AccessToken me)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromMinutes(10);

    /// <summary>Streams how all of it is.</summary>
    public static ServerSentEventsResult<MetricsTick> Handle(
        AccessToken me, IServiceScopeFactory scopes, LiveSessions sessions, IHostApplicationLifetime lifetime, TimeProvider time,
        HttpContext http, CancellationToken cancellationToken)
    {
        // nginx would keep events back until its buffer is full.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var watch = new WatchMetrics(scopes, sessions, lifetime, time, me);
        return TypedResults.ServerSentEvents(watch.StreamAsync(cancellationToken), "tick");
    }

    private async IAsyncEnumerable<MetricsTick> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(Every, time);
        var began = time.GetTimestamp();
        do
        {
            if (await sessions.FindAsync(me.CompanyId, me.SessionId, cancellationToken) is null) yield break;
            if (await LookAsync(cancellationToken) is { } tick) yield return tick;
        }
        while (time.GetElapsedTime(began) < Longest && await NextAsync(timer, ending.Token));
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ending)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ending);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<MetricsTick?> LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(Tenant.Platform);
        try
        {
            return await ReadAsync(scope.ServiceProvider.GetRequiredService<ReadDb>(), time.GetDatabaseNow(), cancellationToken);
        }
        catch (Exception e) when (e is NoNodeException || DatabaseErrors.IsRetryableRead(e))
        {
            return null;
        }
    }

    private static async Task<MetricsTick> ReadAsync(ReadDb db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var from = MetricStep.Minute.StartOf(now - Observations.Window);
        var figures = new CompanyFigures();
        var series = await db.ReadSeriesAsync(RequestMetrics.Everybody, MetricStep.Minute, from, now, cancellationToken);
        foreach (var minute in series.Values) figures.Add(minute);
        var jobs = await db.Database.SqlQuery<JobsTick>($"""
            select count(*) filter (where state = 'queued') as "Queued", count(*) filter (where state = 'running') as "Running",
                count(*) filter (where state = 'dead') as "Dead",
                round(coalesce(greatest(0, extract(epoch from now() - min(due_at) filter (where state = 'queued'))), 0), 1)::float8
                    as "OldestSeconds"
            from jobs
            """).SingleAsync(cancellationToken);
        return new(now, Figures.Of(figures, now - from), await MetricsQuery.CountActiveAsync(db, RequestMetrics.Everybody, now, cancellationToken),
            await db.Set<Alert>().LongCountAsync(a => a.State == AlertState.Open, cancellationToken), jobs);
    }
}
