using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Section <c>Postgres</c>. Nodes come from connection strings: <c>scalehub</c>, and every <c>scalehub-replica-*</c>.
/// Which of them is the primary is observed, not configured; the two pool sizes go by the names.
/// </summary>
public sealed class PostgresOptions : IValidatableObject
{
    // Connections that stay open, unless the setting says otherwise or the pool is smaller.
    private const int UsualMin = 5, UsualReplicaMin = 10;

    /// <summary>Configuration section.</summary>
    public const string Section = "Postgres";

    /// <summary>Pool of the node <c>scalehub</c>. Aliases <c>DB_POOL_MAX</c>, <c>DB_POOL_MIN</c>.</summary>
    public PoolOptions Pool { get; set; } = new() { Max = 20 };

    /// <summary>Pool of each node <c>scalehub-replica-*</c>. Aliases <c>DB_REPLICA_POOL_MAX</c>,
    /// <c>DB_REPLICA_POOL_MIN</c>.</summary>
    public PoolOptions ReplicaPool { get; set; } = new() { Max = 30 };

    /// <summary>Seconds a pooled connection may stay unused.</summary>
    [Range(1, 3600)] public int IdleSeconds { get; set; } = 30;

    /// <summary>Seconds to wait for a connection, from the pool or the server.</summary>
    [Range(1, 60)] public int ConnectTimeoutSeconds { get; set; } = 2;

    /// <summary>Seconds after which a connection is closed and replaced, so that none lives for ever.</summary>
    [Range(60, 86400)] public int LifetimeSeconds { get; set; } = 1800;

    /// <summary>Seconds that one statement may take.</summary>
    [Range(1, 600)] public int CommandTimeoutSeconds { get; set; } = 5;

    /// <summary>A standby further behind than this many seconds gets no reads.</summary>
    [Range(0.1, 3600)] public double MaxLagSeconds { get; set; } = 5;

    /// <summary>Friendlier names for nodes, by connection string name; shown in <c>ScaleHub-Read-From</c> and in
    /// metrics.</summary>
    public Dictionary<string, string> NodeNames { get; init; } = [];

    /// <summary>What is between the program and the nodes; nothing unless it is set.</summary>
    [EnumDataType(typeof(PostgresPooler))] public PostgresPooler Pooler { get; set; }

    /// <summary>Password that <c>migrate</c> gives the role <c>scalehub_app</c>; empty leaves the role to an
    /// administrator.</summary>
    public string? AppPassword { get; set; }

    internal int PoolMin => Pool.Min ?? Math.Min(UsualMin, Pool.Max);

    internal int ReplicaPoolMin => ReplicaPool.Min ?? Math.Min(UsualReplicaMin, ReplicaPool.Max);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => Pool.Faults(nameof(Pool)).Concat(ReplicaPool.Faults(nameof(ReplicaPool)));
}

/// <summary>What pools connections between the program and a node.</summary>
public enum PostgresPooler
{
    /// <summary>Nothing, or a pooler in session mode.</summary>
    None,

    /// <summary>
    /// A pooler that lends a server connection for one transaction (PgBouncer with <c>pool_mode = transaction</c>): statements
    /// are not prepared, and connections are not reset between their uses.
    /// </summary>
    Transaction,
}

/// <summary>Connections of one process to one node.</summary>
public sealed class PoolOptions
{
    private const int Most = 1000;

    /// <summary>At most so many, 1 to 1000. Default 20, and 30 for a replica.</summary>
    public int Max { get; set; }

    /// <summary>
    /// Connections that are kept open while nobody uses them, 0 to <see cref="Max"/>. They are opened when they are first needed, not
    /// before. Default 5, and 10 for a replica, or <see cref="Max"/> if that is less.
    /// </summary>
    public int? Min { get; set; }

    internal IEnumerable<ValidationResult> Faults(string name)
    {
        var key = $"{PostgresOptions.Section}__{name}";
        if (Max is < 1 or > Most) yield return new($"{key}__Max must be a number from 1 to {Most}; it is {Max}.", [nameof(Max)]);
        else if (Min < 0 || Min > Max)
            yield return new($"{key}__Min must be a number from 0 to {key}__Max, which is {Max}; it is {Min}.", [nameof(Min)]);
    }
}
