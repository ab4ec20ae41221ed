namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// Something to be done later by a worker: a record whose members are the job's arguments. It is kept as JSON, so add members
/// with defaults and never rename one, because jobs of the last release may still be waiting. docs/jobs.md explains how to add a
/// job.
/// </summary>
public interface IJob
{
    /// <summary>Its name in the database and to clients, <c>module.verb</c>, 1 to 100 characters. It never changes.</summary>
    static abstract string Kind { get; }

    /// <summary>How it is run and tried again.</summary>
    static virtual JobPolicy Policy => JobPolicy.Default;
}

/// <summary>Does a kind of job. Made for each run, in a scope that acts for the job's company.</summary>
/// <typeparam name="TJob">The job.</typeparam>
public interface IJobHandler<in TJob> where TJob : IJob
{
    /// <summary>Does the job. Whatever it throws makes the job be tried again later.</summary>
    /// <param name="job">Its arguments.</param>
    /// <param name="run">This run of it: its identifier, its attempt, its progress.</param>
    /// <param name="cancellationToken">
    /// Cancelled when somebody cancels the job, when it takes longer than its policy allows, when the worker has lost its lease,
    /// and when the worker stops.
    /// </param>
    /// <exception cref="JobFailedException">Trying again is no use.</exception>
    Task HandleAsync(TJob job, JobRun run, CancellationToken cancellationToken);
}

/// <summary>How jobs of a kind are run and tried again.</summary>
public sealed record JobPolicy
{
    /// <summary>
    /// A job fails for good with its last attempt. By the default back-off the ninth retry comes about four hours after the first
    /// run.
    /// </summary>
    public const int MaxAttempts = 10;

    /// <summary>In a transaction, at most ten minutes, tried again after 1 s, 16 s, 81 s and so on.</summary>
    public static JobPolicy Default { get; } = new();

    /// <summary>
    /// True: the handler runs in a transaction of its <c>ScaleHubDb</c>, and everything it writes commits together with the job's
    /// completion: exactly once, whatever happens. False: the handler runs without one, for effects outside the database, and
    /// the completion is written after it: at least once, because a worker may end between the two.
    /// </summary>
    public bool InTransaction { get; init; } = true;

    /// <summary>Whether the company may cancel it. False: something would stay half done for ever, such as a payment.</summary>
    public bool CanBeCancelled { get; init; } = true;

    /// <summary>How long one run may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long to wait after a failed attempt, the first being 1; the queue adds up to a tenth at random, so that jobs that
    /// failed together are not tried together. By default the fourth power of the attempt in seconds, as River has it.
    /// </summary>
    public Func<int, TimeSpan> Backoff { get; init; } = attempt => TimeSpan.FromSeconds(Math.Pow(attempt, 4));
}

/// <summary>The job cannot be done and trying again would be no use: it is dead at once.</summary>
/// <param name="message">One sentence for the company whose job it is; at most 500 characters.</param>
public sealed class JobFailedException(string message) : Exception(message);
