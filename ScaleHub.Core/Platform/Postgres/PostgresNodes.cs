using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Every PostgreSQL node of the system, and the choice among them.
/// <para>Guarantee: reads go to a healthy standby no further behind than <see cref="PostgresOptions.MaxLagSeconds"/> that has
/// replayed what the reader must see, the least busy first, else to the primary; writes go to the newest primary. Choosing is
/// done in memory from what <see cref="NodeMonitor"/> saw: it never waits.</para>
/// <para>When no node can serve, <see cref="NoNodeException"/> says so at once; a primary that fell silent is still tried,
/// because nobody can stand in for it.</para>
/// </summary>
public sealed class PostgresNodes : IAsyncDisposable
{
    /// <summary>The connection string that every process has.</summary>
    public const string PrimaryName = "scalehub";

    private const string ReplicaPrefix = PrimaryName + "-replica";
    private readonly double _maxLagSeconds;
    private volatile Snapshot _snapshot;

    /// <summary>Builds a pool per connection string; opens nothing yet.</summary>
    /// <exception cref="OptionsValidationException">There is no connection string <c>scalehub</c>, or one is not
    /// valid.</exception>
    public PostgresNodes(IConfiguration configuration, IOptions<PostgresOptions> options, ILoggerFactory loggers)
    {
        var settings = options.Value;
        _maxLagSeconds = settings.MaxLagSeconds;
        var strings = configuration.GetSection("ConnectionStrings").GetChildren()
            .Where(s => s.Value is { Length: > 0 }
                && (s.Key == PrimaryName || s.Key.StartsWith(ReplicaPrefix, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(s => s.Key.Length).ThenBy(s => s.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(s => s.Key, s => s.Value!);
        if (!strings.ContainsKey(PrimaryName))
            throw Invalid($"No connection string '{PrimaryName}'. "
                + $"Set ConnectionStrings__{PrimaryName} (or DATABASE_URL), or start through the AppHost.");
        All = [.. strings.Select(s => Build(s.Key, s.Value, settings, loggers))];
        _snapshot = new([.. All.Select(n => n.State)], 0, null);
    }

    /// <summary>The nodes, the first of them the one configured as primary.</summary>
    public IReadOnlyList<PostgresNode> All { get; }

    /// <summary>Picks the node for a read.</summary>
    /// <param name="atLeast">What the reader must see; a standby that has not replayed it is passed over.</param>
    /// <param name="primaryOnly">The reader's last write is known to exist but not where; only the primary will do.</param>
    /// <param name="except">A node that just failed this read.</param>
    /// <exception cref="NoNodeException">No node can serve.</exception>
    public PostgresNode ForRead(NpgsqlLogSequenceNumber atLeast, bool primaryOnly = false, PostgresNode? except = null)
    {
        var snapshot = _snapshot;
        PostgresNode? best = null;
        if (!primaryOnly)
        {
            // Starting at a random node breaks ties fairly without shared state.
            var start = Random.Shared.Next(All.Count);
            for (var i = 0; i < All.Count; i++)
            {
                var place = (start + i) % All.Count;
                var node = All[place];
                if (node != except && node.Answers && Serves(snapshot.States[place], snapshot, atLeast)
                    && (best is null || node.InUse < best.InUse)) best = node;
            }
        }
        return best ?? Primary(snapshot, except) ?? throw new NoNodeException("No database node can serve this read now.");
    }

    /// <summary>Picks the node for writes: the primary of the newest timeline.</summary>
    /// <exception cref="NoNodeException">There is no primary now.</exception>
    public PostgresNode ForWrite() => Primary(_snapshot) ?? throw new NoNodeException("No database node accepts writes now.");

    /// <summary>Whether a read that needs nothing recent may go to the node as a standby.</summary>
    public bool ServesReads(PostgresNode node) => Serves(node.State, _snapshot, default);

    /// <summary>Whether a node was seen to have this position: false as well for one that is too young for the monitor.</summary>
    internal bool HasReached(NpgsqlLogSequenceNumber position) => All.Any(n => n.State.Lsn >= position);

    /// <summary>
    /// Notes a look at every node, in the order of <see cref="All"/>. Requests choose by one look as a whole: between two, as
    /// while a standby becomes the primary, there is no moment in which nobody seems to be either.
    /// </summary>
    internal void Observe(IReadOnlyList<NodeState> states)
    {
        var (timeline, last) = (_snapshot.Timeline, _snapshot.LastPrimary);
        for (var i = 0; i < All.Count; i++)
        {
            All[i].Observe(states[i]);
            if (states[i].Role == NodeRole.Primary && states[i].Timeline >= timeline) (timeline, last) = (states[i].Timeline, i);
        }
        _snapshot = new([.. states], timeline, last);
    }

    private bool Serves(NodeState state, Snapshot snapshot, NpgsqlLogSequenceNumber atLeast)
        => state.Role == NodeRole.Standby && state.LagSeconds <= _maxLagSeconds && state.Lsn >= atLeast
            // Positions of different timelines do not compare: a standby that still follows a deposed primary is left out.
            && (state.Timeline == snapshot.Timeline || state.Timeline == 0);

    // A primary that missed a look may only be slow, and nobody can stand in for it: it is asked until another is seen, or until
    // it is seen to follow another.
    private PostgresNode? Primary(Snapshot snapshot, PostgresNode? except = null)
        => snapshot.LastPrimary is { } place && snapshot.States[place].Role != NodeRole.Standby && All[place] != except ? All[place] : null;

    /// <param name="States">Of the nodes, in their order.</param>
    /// <param name="Timeline">Of the newest primary ever seen.</param>
    /// <param name="LastPrimary">The place of that primary; null before one was seen.</param>
    private sealed record Snapshot(NodeState[] States, uint Timeline, int? LastPrimary);

    private static PostgresNode Build(string key, string connectionString, PostgresOptions settings, ILoggerFactory loggers)
    {
        var name = settings.NodeNames.GetValueOrDefault(key, key);
        var pool = key == PrimaryName ? settings.Pool : settings.ReplicaPool;
        var text = new NpgsqlConnectionStringBuilder(Parse(key, connectionString))
        {
            MaxPoolSize = pool.Max,
            MinPoolSize = key == PrimaryName ? settings.PoolMin : settings.ReplicaPoolMin,
            ConnectionIdleLifetime = settings.IdleSeconds,
            ConnectionPruningInterval = Math.Min(10, settings.IdleSeconds),
            ConnectionLifetime = settings.LifetimeSeconds,
            Timeout = settings.ConnectTimeoutSeconds,
            CommandTimeout = settings.CommandTimeoutSeconds,
            CancellationTimeout = 500,
            IncludeErrorDetail = false,
            // Whatever is set is set for one transaction, so there is nothing to reset (TenantDbContextTests, PoolerTests). Npgsql would
            // send seven statements with each use of a connection.
            NoResetOnClose = true,
        };
        text.ApplicationName ??= AppDomain.CurrentDomain.FriendlyName;
        if (settings.Pooler == PostgresPooler.Transaction)
        {
            // The next transaction may have another server connection: nothing may be prepared on one.
            text.MaxAutoPrepare = 0;
        }
        else
        {
            text.MaxAutoPrepare = 100;
            text.AutoPrepareMinUsages = 2;
        }
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString) { Name = name };
        builder.UseLoggerFactory(loggers);
        PostgresNode? node = null;
        LoginGuard.Watch(builder, key, () => node!);
        return node = new(name, builder.Build(), text.ConnectionString, pool.Max);
    }

    // Npgsql's reason is left out: it may repeat a part of the string, which holds a password. The URL's reader repeats none.
    private static string Parse(string key, string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(connectionString)).ConnectionString;
        }
        catch (FormatException e)
        {
            throw Invalid($"ConnectionStrings__{key} is not valid. {e.Message}");
        }
        catch (ArgumentException)
        {
            throw Invalid($"ConnectionStrings__{key} is not valid; "
                + "expected Host=…;Port=…;Username=…;Password=…;Database=… or a postgresql:// URL.");
        }
    }

    private static OptionsValidationException Invalid(string message) => new("ConnectionStrings", typeof(PostgresOptions), [message]);

    /// <summary>Closes the pools; connections in use close when they are returned.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in All) await node.DisposeAsync();
    }
}

/// <summary>No PostgreSQL node can do what was asked now; trying again later may succeed (503).</summary>
public class NoNodeException(string message) : Exception(message);
