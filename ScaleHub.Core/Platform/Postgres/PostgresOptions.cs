using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Section <c>Postgres</c>. Nodes come from connection strings: <c>scalehub</c>, and every <c>scalehub-replica-*</c>.
/// Which of them is the primary is observed, not configured; the two pool sizes go by the names.
/// </summary>
public sealed class PostgresOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Postgres";

    /// <summary>Pool of the node <c>scalehub</c>. Aliases <c>DB_POOL_MAX</c>, <c>DB_POOL_MIN</c>.</summary>
    public PoolOptions Pool { get; set; } = new() { Max = 20, Min = 5 };

    /// <summary>Pool of each node <c>scalehub-replica-*</c>. Aliases <c>DB_REPLICA_POOL_MAX</c>, <c>DB_REPLICA_POOL_MIN</c>.</summary>
    public PoolOptions ReplicaPool { get; set; } = new() { Max = 30, Min = 10 };

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

    /// <summary>Friendlier names for nodes, by connection string name; shown in <c>ScaleHub-Read-From</c> and in metrics.</summary>
    public Dictionary<string, string> NodeNames { get; init; } = [];

    /// <summary>Password that <c>migrate</c> gives the role <c>scalehub_app</c>; empty leaves the role to an administrator.</summary>
    public string? AppPassword { get; set; }
}

/// <summary>Connections of one process to one node.</summary>
public sealed class PoolOptions : IValidatableObject
{
    /// <summary>At most so many.</summary>
    [Range(1, 1000)] public int Max { get; set; }

    /// <summary>So many stay open when they are idle. None is opened ahead of its use.</summary>
    [Range(0, 1000)] public int Min { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Min > Max) yield return new($"Min ({Min}) is more than Max ({Max}).", [nameof(Min)]);
    }
}
