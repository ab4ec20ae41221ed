using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// What waits in the queue and what is dead, of all companies, for the meter <c>ScaleHub.Jobs</c>. Tag <c>kind</c>; a kind
/// without jobs is 0 and not missing, so that an alert ends. Each worker says the same: take the maximum.
/// <para>Counted every <see cref="Interval"/>, and only while somebody collects the metrics: it reads the whole queue, on a
/// standby if there is one. What was counted last stays while the database is away.</para>
/// </summary>
internal sealed class JobBacklog : BackgroundService
{
    /// <summary>Between two counts.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly JobStore _store;
    private readonly TimeProvider _time;
    private readonly Rounds _rounds;
    private readonly string[] _kinds;
    private readonly ObservableGauge<long> _waiting;

    // Empty before the first count: nobody knows then.
    private volatile IReadOnlyCollection<KindBacklog> _counted = [];

    /// <summary>Makes the instruments.</summary>
    public JobBacklog(IMeterFactory meters, JobList jobs, JobStore store, TimeProvider time, ILogger<JobBacklog> logger)
    {
        (_store, _time, _rounds, _kinds) = (store, time, new("Counting the jobs", logger), [.. jobs.Kinds.Keys]);
        var meter = meters.Create("ScaleHub.Jobs");
        _waiting = meter.CreateObservableGauge("scalehub.jobs.waiting", () => Read(k => k.Waiting), "{job}",
            "Jobs that a worker could run now.");
        meter.CreateObservableGauge("scalehub.jobs.oldest", () => Read(k => k.OldestSeconds), "s",
            "For how long the oldest of those could have been run.");
        meter.CreateObservableGauge("scalehub.jobs.dead", () => Read(k => k.Dead), "{job}", "Jobs that failed for good.");
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => _rounds.EveryAsync(Interval, _time, () => _waiting.Enabled ? CountAsync(stoppingToken) : Task.CompletedTask, stoppingToken);

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var found = (await _store.CountAsync(cancellationToken)).ToDictionary(k => k.Kind);
        _counted = [.. _kinds.Union(found.Keys).Select(kind => found.GetValueOrDefault(kind, new(kind, 0, 0, 0)))];
    }

    private IEnumerable<Measurement<T>> Read<T>(Func<KindBacklog, T> value) where T : struct
        => _counted.Select(k => new Measurement<T>(value(k), new KeyValuePair<string, object?>("kind", k.Kind)));
}

/// <summary>The jobs of a kind that have not ended.</summary>
/// <param name="Kind">Their kind.</param>
/// <param name="Waiting">How many a worker could run now.</param>
/// <param name="OldestSeconds">For how long the oldest of those could have been run.</param>
/// <param name="Dead">How many failed for good.</param>
internal sealed record KindBacklog(string Kind, long Waiting, double OldestSeconds, long Dead);
