using Npgsql;
using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>What the monitor last saw of a node.</summary>
public enum NodeRole
{
    /// <summary>It does not answer, or was never seen.</summary>
    Unknown,

    /// <summary>It accepts writes.</summary>
    Primary,

    /// <summary>It follows a primary and accepts reads.</summary>
    Standby,
}

/// <summary>One observation of a node. <paramref name="Lsn"/> is what a standby has replayed, or what a primary has
/// written.</summary>
/// <param name="Role">Unknown when the node did not answer.</param>
/// <param name="Lsn">Position in the write-ahead log.</param>
/// <param name="Timeline">Grows by one with each promotion; tells the newest of two primaries, and a standby that follows the old
/// one. Zero when it is not known.</param>
/// <param name="LagBytes">Bytes of log that the standby has not replayed.</param>
/// <param name="LagSeconds">Seconds since the primary was first seen beyond what the standby has replayed; 0 when it was
/// not.</param>
/// <param name="LatencyMs">Milliseconds that the node took to answer.</param>
/// <param name="At">When it was made.</param>
public sealed record NodeState(
    NodeRole Role, NpgsqlLogSequenceNumber Lsn, uint Timeline, ulong LagBytes, double LagSeconds, double LatencyMs, DateTimeOffset At)
{
    /// <summary>Before the first observation, and whenever the node fails to answer.</summary>
    public static NodeState Unreachable(DateTimeOffset at) => new(NodeRole.Unknown, default, 0, 0, 0, 0, at);
}

/// <summary>One PostgreSQL server: its pool, what is known of it, and how busy this process keeps it.</summary>
public sealed class PostgresNode(string name, NpgsqlDataSource dataSource, string connectionString, int poolSize) : IAsyncDisposable
{
    private volatile NodeState _state = NodeState.Unreachable(DateTimeOffset.MinValue);
    private volatile CancellationTokenSource _lost = new();
    private volatile bool _loginChecked;
    private int _inUse;

    /// <summary>Name for people and metrics.</summary>
    public string Name => name;

    /// <summary>The pool; every connection to the node comes from it, but those of <see cref="BuildUnpooled"/>.</summary>
    public NpgsqlDataSource DataSource => dataSource;

    /// <summary>What the pool was made with.</summary>
    internal string ConnectionString => connectionString;

    /// <summary>
    /// For a connection outside the pool, which must not wait for a place in it or would keep one for ever. Its name is a label of
    /// Npgsql's metrics; without one, that would be the connection string.
    /// </summary>
    internal NpgsqlDataSource BuildUnpooled(string purpose, Action<NpgsqlDataSourceBuilder>? configure = null)
    {
        var builder = new NpgsqlDataSourceBuilder(ConnectionString) { Name = $"{name}-{purpose}" };
        builder.ConnectionStringBuilder.Pooling = false;
        // What is prepared on a connection that soon ends is prepared for nothing.
        builder.ConnectionStringBuilder.MaxAutoPrepare = 0;
        configure?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Most connections that the pool opens.</summary>
    public int PoolSize => poolSize;

    /// <summary>The server has said that row-level security confines the login (<see cref="LoginGuard"/>).</summary>
    internal bool LoginChecked { get => _loginChecked; set => _loginChecked = value; }

    /// <summary>The last observation.</summary>
    public NodeState State => _state;

    /// <summary>Neither missed the last look nor failed a read since.</summary>
    internal bool Answers => _state.Role != NodeRole.Unknown;

    /// <summary>Units of work of this process that hold the node now.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Cancelled when the node is found not to answer: reads that wait for it go elsewhere.</summary>
    internal CancellationToken Lost => _lost.Token;

    /// <summary>Takes the node out of routing until the monitor sees it answer again.</summary>
    public void Eject() => Observe(NodeState.Unreachable(DateTimeOffset.UtcNow));

    internal void Observe(NodeState state)
    {
        var before = _state.Role;
        _state = state;
        if (state.Role != NodeRole.Unknown || before == NodeRole.Unknown) return;
        // Not disposed: a read that has the token may be linking to it just now.
        Interlocked.Exchange(ref _lost, new()).Cancel();
    }

    internal void Enter() => Interlocked.Increment(ref _inUse);

    internal void Leave() => Interlocked.Decrement(ref _inUse);

    /// <summary>Closes the pool; connections in use close when they are returned.</summary>
    public ValueTask DisposeAsync()
    {
        _lost.Dispose();
        return dataSource.DisposeAsync();
    }
}
