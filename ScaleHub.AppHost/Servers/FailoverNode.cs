using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace ScaleHub.AppHost.Servers;

/// <summary>What a node said of itself, or why it said nothing.</summary>
/// <param name="Node">The node.</param>
/// <param name="IsPrimary">It accepts writes.</param>
/// <param name="Timeline">Grows by one with each promotion.</param>
/// <param name="Position">The log up to where a standby has received it, or a primary has written it.</param>
/// <param name="WantsQuorum">Its commits wait for a standby, or will when it is promoted.</param>
/// <param name="Problem">Why it does not answer; null when it does.</param>
/// <param name="IsAliveButBusy">It refuses connections, as while it starts: it is not gone.</param>
internal sealed record NodeLook(
    FailoverNode Node, bool IsPrimary, int Timeline, NpgsqlLogSequenceNumber Position, bool WantsQuorum,
    string? Problem = null, bool IsAliveButBusy = false)
{
    public bool Answers => Problem is null;
}

/// <summary>A PostgreSQL server, as a failover sees it: a connection of the superuser per step, none kept.</summary>
internal sealed class FailoverNode(PostgresNode node)
{
    // Not answering for this long is being gone.
    private const int PatienceSeconds = 2;

    private static readonly TimeSpan ReceiverPatience = TimeSpan.FromSeconds(10);

    // The newest WAL that a standby has on disk: what it has received or, after a restart, what it has replayed.
    private const string Look = """
        select pg_is_in_recovery(),
            case when pg_is_in_recovery()
                then greatest(
                    (select timeline_id from pg_control_checkpoint()),
                    (select min_recovery_end_timeline from pg_control_recovery()),
                    (select received_tli from pg_stat_wal_receiver))
                else ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int end,
            case when pg_is_in_recovery()
                then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), '0/0')
                else pg_current_wal_flush_lsn() end,
            current_setting('synchronous_standby_names') <> ''
        """;

    // What ALTER SYSTEM overrides.
    private const string Configured = """
        select setting from pg_file_settings where name = 'primary_conninfo' and sourcefile not like '%.auto.conf'
        order by seqno desc limit 1
        """;

    public string Name => node.Name;

    public async Task<NodeLook> LookAsync(CancellationToken ct)
    {
        try
        {
            await using var source = await ConnectAsync(ct);
            await using var command = source.CreateCommand(Look);
            await using var row = await command.ExecuteReaderAsync(ct);
            await row.ReadAsync(ct);
            var position = row.GetFieldValue<NpgsqlLogSequenceNumber>(2);
            return new(this, !row.GetBoolean(0), row.GetInt32(1), position, row.GetBoolean(3));
        }
        catch (NpgsqlException e)
        {
            return new(this, false, 0, default, false, e.Message, e is PostgresException);
        }
    }

    /// <summary>Stops streaming; returns when nothing more is received.</summary>
    public async Task StopReceivingAsync(CancellationToken ct)
    {
        await using var source = await ConnectAsync(ct);
        await ExecuteAsync(source, "alter system set primary_conninfo = ''", ct);
        await ExecuteAsync(source, "select pg_reload_conf()", ct);
        var clock = Stopwatch.StartNew();
        await using var ask = source.CreateCommand("select exists (select from pg_stat_wal_receiver)");
        while ((bool)(await ask.ExecuteScalarAsync(ct))!)
        {
            if (clock.Elapsed > ReceiverPatience)
            {
                throw new DistributedApplicationException($"{Name} does not stop streaming from its primary.");
            }
            await Task.Delay(20, ct);
        }
    }

    /// <summary>
    /// Lets the standby stream again: from the node at the place <paramref name="from"/> of its configured hosts, or, when that
    /// is null, from whichever of them is the primary. A single node is set because a WAL receiver that tries a node that hangs
    /// gives up only when TCP does: it has no connect_timeout.
    /// </summary>
    public async Task ReceiveAsync(int? from, CancellationToken ct)
    {
        await using var source = await ConnectAsync(ct);
        await using var ask = source.CreateCommand(Configured);
        var change = from is { } place && await ask.ExecuteScalarAsync(ct) is string configured
            ? $"alter system set primary_conninfo = '{Only(place, configured).Replace("'", "''", StringComparison.Ordinal)}'"
            : "alter system reset primary_conninfo";
        await ExecuteAsync(source, change, ct);
        await ExecuteAsync(source, "select pg_reload_conf()", ct);
    }

    // host=a,b port=1,2 user=… → host=b port=2 user=…
    private static string Only(int place, string configured) => string.Join(' ', configured.Split(' ').Select(pair =>
        pair.Split('=', 2) is [("host" or "port") and var name, var values] ? $"{name}={values.Split(',')[place]}" : pair));

    /// <summary>Ends recovery; returns when writes are accepted.</summary>
    public async Task PromoteAsync(CancellationToken ct)
    {
        await using var source = await ConnectAsync(ct);
        await using var promote = source.CreateCommand("select pg_promote(wait => true, wait_seconds => 60)");
        promote.CommandTimeout = 65;
        if (!(bool)(await promote.ExecuteScalarAsync(ct))!)
        {
            throw new DistributedApplicationException($"{Name} was promoted, but did not accept writes within 60 seconds.");
        }
    }

    /// <summary>Makes the replication slots that are missing; they keep WAL from now on.</summary>
    public async Task CreateSlotsAsync(IEnumerable<string> names, CancellationToken ct)
    {
        await using var source = await ConnectAsync(ct);
        await using var create = source.CreateCommand("""
            select pg_create_physical_replication_slot(name, true) from unnest($1) as name
            where not exists (select from pg_replication_slots where slot_name = name)
            """);
        create.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. names] });
        await create.ExecuteNonQueryAsync(ct);
    }

    private async Task<NpgsqlDataSource> ConnectAsync(CancellationToken ct)
        => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await node.ConnectionString.GetValueAsync(ct))
        {
            Database = "postgres",
            Timeout = PatienceSeconds,
            CommandTimeout = PatienceSeconds,
            CancellationTimeout = -1,
            Pooling = false,
            ApplicationName = "scalehub-failover",
        });

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }
}
