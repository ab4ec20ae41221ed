using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>What one pass of <see cref="PartitionKeeper"/> did.</summary>
/// <param name="Made">Partitions that were missing.</param>
/// <param name="Busy">Partitions still missing, because somebody held a lock on their table for longer than 100 ms.</param>
/// <param name="Dropped">Partitions whose youngest row was older than the table keeps.</param>
public sealed record KeptPartitions(IReadOnlyList<string> Made, IReadOnlyList<string> Busy, IReadOnlyList<string> Dropped);

/// <summary>
/// Keeps partitions for the time from <c>keep</c> ago to <c>ahead</c> from now, as the table <c>partitioned_tables</c> says for
/// each table: makes the missing and drops the expired, at start and about once an hour.
/// <para>Guarantee: inserts find a partition for at least 14 days (tables by day) or 6 months (by month) after the last pass.
/// A pass makes nobody wait for longer than 100 ms at a time: a lock that is not to be had by then is left for the next one.
/// Any number of keepers may run at once.</para>
/// <para>When the database fails, or a partition could not be made, it tries again within minutes; nothing else is affected.
/// The work is done by two functions of the schema's owner that take no input (0003_partitions.sql), since the application
/// owns nothing.</para>
/// </summary>
public sealed class PartitionKeeper(PostgresNodes nodes, TimeProvider time, ILogger<PartitionKeeper> logger) : BackgroundService
{
    /// <summary>Between two passes.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>After a pass that failed, or left something to do.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(2);

    // Seconds. The functions wait at most 10 for another keeper; making a year of partitions takes about one.
    private const int CommandTimeout = 60;

    /// <summary>One pass.</summary>
    public static async Task<KeptPartitions> KeepAsync(NpgsqlDataSource primary, CancellationToken cancellationToken)
    {
        List<string> made = [], busy = [], dropped = [];
        await using var connection = await primary.OpenConnectionAsync(cancellationToken);
        await using var make = new NpgsqlCommand("select partition, made from make_partitions()", connection);
        make.CommandTimeout = CommandTimeout;
        await using (var reader = await make.ExecuteReaderAsync(cancellationToken))
            while (await reader.ReadAsync(cancellationToken)) (reader.GetBoolean(1) ? made : busy).Add(reader.GetString(0));

        await using var drop = new NpgsqlCommand("select drop_expired_partition()", connection);
        drop.CommandTimeout = CommandTimeout;
        while (await drop.ExecuteScalarAsync(cancellationToken) is string name) dropped.Add(name);
        return new(made, busy, dropped);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rounds = new Rounds("The keeper of the partitions", logger);
        try
        {
            while (true)
            {
                var complete = false;
                await rounds.RunAsync(async () => complete = await TryKeepAsync(stoppingToken), stoppingToken);
                var wait = complete ? Interval : RetryAfter;
                // Jitter, so that several workers do not keep coming at the same moment.
                await Task.Delay(wait * (0.9 + (0.2 * Random.Shared.NextDouble())), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task<bool> TryKeepAsync(CancellationToken cancellationToken)
    {
        var kept = await KeepAsync(nodes.ForWrite().DataSource, cancellationToken);
        if (kept.Made.Count + kept.Dropped.Count > 0)
            logger.LogInformation("Partitions made: {Made}; dropped: {Dropped}", kept.Made, kept.Dropped);
        if (kept.Busy.Count > 0)
            logger.LogWarning("Partitions not made yet, their tables were locked: {Busy}", kept.Busy);
        return kept.Busy.Count == 0;
    }
}
