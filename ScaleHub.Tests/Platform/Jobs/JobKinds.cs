using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Tests.Platform.Jobs;

/// <summary>Writes a row; then does what it is told.</summary>
/// <param name="Name">What the row says.</param>
/// <param name="Then">What happens after the row is written.</param>
public sealed record Note(string Name, string Then = "") : IJob
{
    public static string Kind => "test.note";

    // Retries come at once, so that a test sees all of them.
    public static JobPolicy Policy { get; } = new() { Backoff = _ => TimeSpan.FromMilliseconds(1), Timeout = TimeSpan.FromSeconds(20) };
}

/// <summary>The same, without a transaction around it.</summary>
public sealed record NoteOutside(string Name, string Then = "") : IJob
{
    public static string Kind => "test.note-outside";

    public static JobPolicy Policy { get; } = new() { InTransaction = false, Backoff = _ => TimeSpan.FromMilliseconds(1), Timeout = TimeSpan.FromSeconds(1) };
}

/// <summary>What a test can stop and let go on, and what it sees.</summary>
public sealed class Stage
{
    private int _inside, _waiting;

    /// <summary>Jobs that were told to wait do so until this ends.</summary>
    public TaskCompletionSource Gate { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs that have come to a wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The most runs that there were at a time.</summary>
    public int Most { get; private set; }

    public async Task DoAsync(ScaleHubDb db, string name, string then, JobRun run, CancellationToken cancellationToken)
    {
        Most = Math.Max(Most, Interlocked.Increment(ref _inside));
        try
        {
            await db.Database.ExecuteSqlAsync($"insert into effects (name, attempt) values ({name}, {run.Attempt})", cancellationToken);
            switch (then)
            {
                case "fail": throw new InvalidOperationException("a secret of the inside");
                case "fail once" when run.Attempt == 1: throw new InvalidOperationException("once");
                case "give up": throw new JobFailedException("There is no such patient.");
                case "two writes":
                    await using (var transaction = await db.Database.BeginTransactionAsync(cancellationToken))
                        await transaction.CommitAsync(cancellationToken);
                    if (db.UnitOfWork.InTransaction) throw new JobFailedException("It is said to be in a transaction still.");
                    await db.Database.ExecuteSqlAsync($"insert into effects (name, attempt) values ({name + " again"}, {run.Attempt})", cancellationToken);
                    break;
                case "wait":
                    await run.ReportAsync(40, "four of ten", cancellationToken);
                    Interlocked.Increment(ref _waiting);
                    await Gate.Task.WaitAsync(cancellationToken);
                    break;
                case "ignore":
                    Interlocked.Increment(ref _waiting);
                    await Gate.Task;
                    break;
            }
            run.Result = new { name };
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}

public sealed class NoteHandler(ScaleHubDb db, Stage stage) : IJobHandler<Note>
{
    public Task HandleAsync(Note job, JobRun run, CancellationToken cancellationToken)
        => stage.DoAsync(db, job.Name, job.Then, run, cancellationToken);
}

public sealed class NoteOutsideHandler(ScaleHubDb db, Stage stage) : IJobHandler<NoteOutside>
{
    public Task HandleAsync(NoteOutside job, JobRun run, CancellationToken cancellationToken)
        => stage.DoAsync(db, job.Name, job.Then, run, cancellationToken);
}
