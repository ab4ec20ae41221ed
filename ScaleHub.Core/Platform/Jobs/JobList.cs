using System.Text.Json;
using Cronos;
using Microsoft.Extensions.DependencyInjection;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>The kinds of jobs that there are, and what runs by the clock. Each module adds its own.</summary>
public sealed class JobList
{
    private readonly Dictionary<string, JobKind> _kinds = [];
    private readonly Dictionary<string, JobSchedule> _schedules = [];

    /// <summary>All kinds, by name.</summary>
    public IReadOnlyDictionary<string, JobKind> Kinds => _kinds;

    /// <summary>All schedules, by name.</summary>
    public IReadOnlyDictionary<string, JobSchedule> Schedules => _schedules;

    /// <summary>Adds a kind and who does it.</summary>
    /// <exception cref="ArgumentException">There is one of that name already.</exception>
    public JobList Handle<TJob, THandler>() where TJob : IJob where THandler : class, IJobHandler<TJob>
    {
        _kinds.Add(TJob.Kind, new(TJob.Kind, TJob.Policy, (services, payload, run, cancellationToken) =>
        {
            var job = JsonSerializer.Deserialize<TJob>(payload, JobQueue.Json)
                ?? throw new JobFailedException("The job has no arguments.");
            return ActivatorUtilities.CreateInstance<THandler>(services).HandleAsync(job, run, cancellationToken);
        }));
        return this;
    }

    /// <summary>
    /// Adds a job of the platform at every tick of a cron expression (five fields, UTC). When all workers were away for several
    /// ticks, one job is added for the last of them.
    /// </summary>
    /// <param name="name">Of the schedule, for ever: the last tick is kept by it.</param>
    /// <param name="cron">For example <c>0 3 * * *</c>: each day at three.</param>
    /// <param name="job">Makes the job for a tick.</param>
    /// <exception cref="CronFormatException">It is no cron expression.</exception>
    public JobList Schedule<TJob>(string name, string cron, Func<DateTimeOffset, TJob> job) where TJob : IJob
    {
        _schedules.Add(name, new(name, CronExpression.Parse(cron), (queue, tick, cancellationToken) =>
            queue.AddOnceAsync(job(tick), $"{name} {tick:O}", cancellationToken: cancellationToken)));
        return this;
    }
}

/// <summary>A kind of job and how it is done.</summary>
/// <param name="Name"><see cref="IJob.Kind"/>.</param>
/// <param name="Policy"><see cref="IJob.Policy"/>.</param>
/// <param name="Run">Makes a handler in a scope of the job's company and lets it run.</param>
public sealed record JobKind(string Name, JobPolicy Policy, Func<IServiceProvider, string, JobRun, CancellationToken, Task> Run);

/// <summary>What runs by the clock.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cron">When, in UTC.</param>
/// <param name="AddAsync">Adds the job of a tick.</param>
public sealed record JobSchedule(string Name, CronExpression Cron, Func<JobQueue, DateTimeOffset, CancellationToken, Task> AddAsync)
{
    /// <summary>The last tick after <paramref name="after"/> and not after <paramref name="now"/>; null when there is
    /// none.</summary>
    public DateTimeOffset? LastTick(DateTimeOffset after, DateTimeOffset now)
        => Cron.GetOccurrences(after.UtcDateTime, now.UtcDateTime, fromInclusive: false, toInclusive: true)
            .Select(tick => (DateTimeOffset?)new DateTimeOffset(tick, TimeSpan.Zero)).LastOrDefault();
}
