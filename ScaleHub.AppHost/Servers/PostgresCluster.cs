namespace ScaleHub.AppHost.Servers;

/// <summary>One PostgreSQL server.</summary>
/// <param name="Server">Its resource; the connection string is the superuser's, without a database.</param>
/// <param name="Endpoint">Where it listens.</param>
internal sealed record PostgresNode(IResourceBuilder<IResourceWithConnectionString> Server, EndpointReference Endpoint)
{
    public string Name => Server.Resource.Name;

    /// <summary>The replication slot that keeps WAL for it as a standby, on whichever node is the primary.</summary>
    public string SlotName => Name.Replace('-', '_');

    public ReferenceExpression ConnectionString => Server.Resource.ConnectionStringExpression;
}

/// <summary>A primary and the standbys that stream from it, any of which can be promoted.</summary>
internal sealed class PostgresCluster(
    string database, Durability durability, IResourceBuilder<ParameterResource> superuserPassword,
    IResourceBuilder<ParameterResource> replicationPassword)
{
    /// <summary>The database that the primary's first start makes.</summary>
    public string Database => database;

    public ParameterResource SuperuserPassword => superuserPassword.Resource;

    public ParameterResource ReplicationPassword => replicationPassword.Resource;

    /// <summary>The configured primary.</summary>
    public PostgresNode Primary { get; set; } = null!;

    /// <summary>In the order of their names.</summary>
    public List<PostgresNode> Standbys { get; } = [];

    /// <summary>The primary, then the standbys.</summary>
    public IEnumerable<PostgresNode> Nodes => Standbys.Prepend(Primary);

    /// <summary>
    /// The settings of every node: any of them may become the primary, and a standby needs the primary's <c>max_connections</c>
    /// besides.
    /// </summary>
    public IReadOnlyList<string> ServerArgs =>
    [
        "-c", "wal_level=replica", "-c", "max_wal_senders=10", "-c", "max_replication_slots=10",
        // A standby that is away keeps WAL for at most a gigabyte; after that it is cloned anew.
        "-c", "wal_keep_size=256MB", "-c", "max_slot_wal_keep_size=1GB",
        "-c", $"max_connections={PoolPlan.MaxConnections}", "-c", "password_encryption=scram-sha-256",
        "-c", "synchronous_commit=on",
        "-c", $"synchronous_standby_names={(durability == Durability.Quorum ? "ANY 1 (*)" : "")}",
    ];

    /// <summary>The further settings of a standby.</summary>
    public IReadOnlyList<string> StandbyArgs =>
    [
        .. ServerArgs, "-c", "hot_standby=on", "-c", "hot_standby_feedback=on",
        // How often a standby that has lost its primary looks for one: a promotion is followed within this.
        "-c", "wal_retrieve_retry_interval=500ms",
    ];

    /// <summary>
    /// What <c>run-replica.sh</c> reads. A standby streams from whichever node is the primary, so it is told of all of them.
    /// </summary>
    public void SetStandbyEnvironment(EnvironmentCallbackContext context, string name, string slotName)
    {
        var variables = context.EnvironmentVariables;
        variables["REPLICA_NAME"] = name;
        variables["PRIMARY_NAME"] = Primary.Name;
        variables["REPLICATION_SLOT"] = slotName;
        variables["PGPASSWORD"] = ReplicationPassword;
        variables["NODE_HOSTS"] = Joined(EndpointProperty.Host);
        variables["NODE_PORTS"] = Joined(EndpointProperty.Port);
    }

    private ReferenceExpression Joined(EndpointProperty property)
    {
        var text = new ReferenceExpressionBuilder();
        foreach (var node in Nodes)
        {
            text.AppendLiteral(text.IsEmpty ? "" : ",");
            text.Append($"{node.Endpoint.Property(property)}");
        }
        return text.Build();
    }
}
