using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// Wakes the workers when jobs have been committed, by <c>NOTIFY</c> on the primary.
/// <para>It is sent after the commit and by itself, not in the transaction: PostgreSQL lets transactions that notify commit only
/// one after another (<c>async.c</c>, <c>PreCommit_Notify</c>), which would make every request that adds a job wait for every
/// other one. Requests that come while a notification is sent become one.</para>
/// <para>No promise: when it cannot be sent, or the process ends before, workers find the jobs within
/// <see cref="JobsOptions.PollMs"/>.</para>
/// </summary>
public sealed class JobNotifier(PostgresNodes nodes, ILogger<JobNotifier> logger) : BackgroundService
{
    /// <summary>The channel of PostgreSQL.</summary>
    public const string Channel = "scalehub_jobs";

    private readonly Signal _requested = new();

    /// <summary>Notifies once the unit of work has committed. Call it before the write.</summary>
    public void NotifyAfterCommit(UnitOfWork unitOfWork) => unitOfWork.AfterCommit(
        () =>
        {
            Notify();
            return ValueTask.CompletedTask;
        }, this);

    /// <summary>Notifies soon; returns at once.</summary>
    public void Notify() => _requested.Set();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rounds = new Rounds("Waking the workers", logger);
        try
        {
            while (true)
            {
                await _requested.WaitAsync(stoppingToken);
                await rounds.RunAsync(async () =>
                {
                    await using var command = nodes.ForWrite().DataSource.CreateCommand($"notify {Channel}");
                    await command.ExecuteNonQueryAsync(stoppingToken);
                }, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _requested.Dispose();
        base.Dispose();
    }
}

/// <summary>Hears <see cref="JobNotifier"/>, over a connection of its own that follows the primary.</summary>
/// <param name="nodes">Where the primary is.</param>
/// <param name="heard">Called when jobs may have come; also after each new connection, as a notification may have been missed.</param>
/// <param name="logger">Of the loop.</param>
public sealed class JobNotificationListener(PostgresNodes nodes, Action heard, ILogger logger)
{
    // A lost connection is no reliable sign: an old primary that still runs keeps its connections after another one was promoted.
    private static readonly TimeSpan LookForPrimaryEvery = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ConnectAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Listens until it is stopped, whatever happens to the connection.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var rounds = new Rounds("Listening for new jobs", logger);
        while (!stopping.IsCancellationRequested)
        {
            await rounds.RunAsync(() => ListenAsync(stopping), stopping);
            await Task.Delay(ConnectAgainAfter, stopping);
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        var primary = nodes.ForWrite();
        // Not from the pool: it would take a place for ever.
        await using var source = primary.BuildUnpooled("listener", builder => builder.ConnectionStringBuilder.KeepAlive = 10);
        await using var connection = await source.OpenConnectionAsync(stopping);
        connection.Notification += (_, _) => heard();
        await using (var listen = new NpgsqlCommand($"listen {JobNotifier.Channel}", connection))
            await listen.ExecuteNonQueryAsync(stopping);
        heard();
        while (nodes.ForWrite() == primary) await connection.WaitAsync(LookForPrimaryEvery, stopping);
    }
}
