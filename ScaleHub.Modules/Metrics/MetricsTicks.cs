using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
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
/// Reads how all of it is, at most once in <see cref="Every"/>: all who look on share a look, since it counts the whole queue and all
/// users.
/// </summary>
public sealed class MetricsTicks(IServiceScopeFactory scopes, TimeProvider time) : IDisposable
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _one = new(1);
    private MetricsTick? _last;
    private long? _readAt;

    /// <summary>The last look, if it is not older than <see cref="Every"/>, or a new one.</summary>
    public async Task<MetricsTick> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_last is not null && _readAt is { } at && time.GetElapsedTime(at) < Every * 0.8) return _last;
            await using var scope = scopes.CreateScopeOf(Tenant.Platform);
            _last = await ReadAsync(scope.ServiceProvider.GetRequiredService<ReadDb>(), time.GetDatabaseNow(), cancellationToken);
            _readAt = time.GetTimestamp();
            return _last;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static async Task<MetricsTick> ReadAsync(ReadDb db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var from = MetricStep.Minute.StartOf(now - Observations.Window);
        var series = await db.ReadSeriesAsync(RequestMetrics.Everybody, MetricStep.Minute, from, now, cancellationToken);
        var jobs = await db.Database.SqlQuery<JobsTick>($"""
            select count(*) filter (where state = 'queued') as "Queued", count(*) filter (where state = 'running') as "Running",
                count(*) filter (where state = 'dead') as "Dead",
                round(coalesce(greatest(0, extract(epoch from now() - min(due_at) filter (where state = 'queued'))), 0), 1)::float8
                    as "OldestSeconds"
            from jobs
            """).SingleAsync(cancellationToken);
        return new(now, Figures.Of(series.Total, now - from), await MetricsQuery.CountActiveAsync(db, RequestMetrics.Everybody, now, cancellationToken),
            await db.Set<Alert>().LongCountAsync(a => a.State == AlertState.Open, cancellationToken), jobs);
    }
}
