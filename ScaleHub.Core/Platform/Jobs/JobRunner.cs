using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// Runs one job that this worker holds, and writes how it ended.
/// <para>Guarantee: of a job with a transaction, the effects and the completion are committed together or not at all, and only by
/// the holder of the last fence. If the end cannot be written, because the database is away, the lease ends and the job is run
/// again.</para>
/// </summary>
internal sealed class JobRunner(
    JobList jobs, JobStore store, IServiceScopeFactory scopes, JobMetrics metrics, TimeProvider time, ILogger<JobRunner> logger)
{
    // Of the semantic conventions of OpenTelemetry for messaging, as are the names of the tags: a job is a message to a worker.
    private const string Operation = "process";
    private static readonly ActivitySource Traces = new("ScaleHub.Jobs");

    /// <summary>Runs it. Never throws.</summary>
    public async Task RunAsync(HeldJob held, CancellationToken stopping)
    {
        var job = held.Job;
        var kind = jobs.Kinds[job.Kind];
        // The job belongs to the trace of the request that added it.
        ActivityContext.TryParse(job.TraceParent, null, isRemote: true, out var parent);
        using var span = Traces.StartActivity($"{Operation} {job.Kind}", ActivityKind.Consumer, parent);
        span?.SetTag("messaging.system", "postgresql").SetTag("messaging.operation.name", Operation)
            .SetTag("messaging.operation.type", Operation).SetTag("messaging.destination.name", job.Kind)
            .SetTag("messaging.message.id", job.Id).SetTag("scalehub.job.attempt", job.Attempt);
        span.SetTenant(job.CompanyId, job.CreatedBy);
        using var scope = logger.BeginScope("Job {JobId}", job.Id);
        metrics.Began(job.Kind, job.Waited);
        var startedAt = time.GetTimestamp();
        var outcome = JobOutcome.Lost;
        try
        {
            outcome = await TryAsync(kind, held, stopping);
        }
        catch (Exception e)
        {
            // The lease ends, and the job is run again, unless its transaction was committed after all.
            logger.LogWarning("The outcome of job {JobId} ({Kind}) could not be written: {Reason}", job.Id, job.Kind, e.Message);
        }
        if (outcome is JobOutcome.Retried or JobOutcome.Dead) span?.SetStatus(ActivityStatusCode.Error);
        span?.SetTag("scalehub.job.outcome", EnumNames.WriteColumn(outcome));
        metrics.Ended(job.Kind, time.GetElapsedTime(startedAt), outcome);
    }

    private async Task<JobOutcome> TryAsync(JobKind kind, HeldJob held, CancellationToken stopping)
    {
        var job = held.Job;
        if (job.CancelRequested) return await CancelledAsync(job);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, held.Token);
        ending.CancelAfter(kind.Policy.Timeout);
        try
        {
            return await DoAsync(kind, job, ending.Token) ? JobOutcome.Succeeded : JobOutcome.Lost;
        }
        catch (Exception) when (held.Ended == HeldJobEnd.Lost)
        {
            return JobOutcome.Lost;
        }
        catch (Exception) when (held.Ended == HeldJobEnd.Cancelled)
        {
            return await CancelledAsync(job);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            await store.ReleaseAsync(job, CancellationToken.None);
            return JobOutcome.Released;
        }
        catch (Exception e)
        {
            if (ending.IsCancellationRequested)
                e = new TimeoutException($"The job took longer than {kind.Policy.Timeout.TotalSeconds:0.#} s.", e);
            return await FailedAsync(kind, job, e);
        }
    }

    /// <summary>False: the job is not this worker's any more, and nothing was committed.</summary>
    private async Task<bool> DoAsync(JobKind kind, ClaimedJob job, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(job.CompanyId, job.CreatedBy);
        scope.ServiceProvider.GetRequiredService<ReadConsistency>().HasNoReader = true;
        var run = new JobRun(store, time, job);
        if (!kind.Policy.InTransaction)
        {
            await kind.Run(scope.ServiceProvider, job.Payload, run, cancellationToken);
            return await store.FinishAsync(job, "succeeded", run.ResultJson, CancellationToken.None);
        }
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        // A statement that fails ends the run; a savepoint for each SaveChanges would cost a round trip.
        db.Database.AutoSavepointsEnabled = false;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await kind.Run(scope.ServiceProvider, job.Payload, run, cancellationToken);
        return await JobStore.CommitAsync(db, transaction, job, run.ResultJson);
    }

    private async Task<JobOutcome> CancelledAsync(ClaimedJob job)
        => await store.FinishAsync(job, "cancelled", null, CancellationToken.None) ? JobOutcome.Cancelled : JobOutcome.Lost;

    private async Task<JobOutcome> FailedAsync(JobKind kind, ClaimedJob job, Exception e)
    {
        var wait = kind.Policy.Backoff(job.Attempt) * (1 + (Random.Shared.NextDouble() / 10));
        var state = await store.FailAsync(
            job, e.ToString(), (e as JobFailedException)?.Message, wait, forGood: e is JobFailedException, CancellationToken.None);
        switch (state)
        {
            case null:
                // Committed after all, although the answer was lost; or somebody else has it.
                return JobOutcome.Lost;
            case "dead":
                logger.LogError(e, "Job {JobId} ({Kind}) is dead after attempt {Attempt}", job.Id, job.Kind, job.Attempt);
                return JobOutcome.Dead;
            default:
                // An outage is a line for each job, not a stack.
                logger.LogWarning(e is NpgsqlException or NoNodeException or HttpRequestException ? null : e,
                    "Job {JobId} ({Kind}) failed in attempt {Attempt} and is tried again in {Seconds:0} s: {Reason}",
                    job.Id, job.Kind, job.Attempt, wait.TotalSeconds, e.Message);
                return JobOutcome.Retried;
        }
    }
}

/// <summary>Why a job must stop before it is done.</summary>
internal enum HeldJobEnd
{
    /// <summary>It need not.</summary>
    None,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,

    /// <summary>It is not this worker's any more.</summary>
    Lost,
}

/// <summary>A job that this worker runs.</summary>
internal sealed class HeldJob(ClaimedJob job, long startedAt, TimeSpan timeout) : IDisposable
{
    // What does not end although it was told to loses its lease after so long, and somebody else may try.
    private static readonly TimeSpan CancellationGrace = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _ending = new();

    public ClaimedJob Job => job;

    public CancellationToken Token => _ending.Token;

    public HeldJobEnd Ended { get; private set; }

    public bool IsOverdue(TimeProvider time) => time.GetElapsedTime(startedAt) > timeout + CancellationGrace;

    public void End(HeldJobEnd why)
    {
        if (Ended != HeldJobEnd.None) return;
        Ended = why;
        _ending.Cancel();
    }

    public void Dispose() => _ending.Dispose();
}
