using Microsoft.Extensions.DependencyInjection;

namespace ScaleHub.AppHost.Postgres;

/// <summary>Streaming replication, and what programs are told about the nodes.</summary>
internal static class PostgresExtensions
{
    /// <summary>The role that the programs log in as; <c>Worker migrate</c> makes it.</summary>
    private const string AppRole = "scalehub_app";

    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    /// <summary>Lets standbys stream from the server: settings, a role, and a line in pg_hba.conf.</summary>
    public static IResourceBuilder<PostgresServerResource> WithStreamingReplication(
        this IResourceBuilder<PostgresServerResource> primary, IResourceBuilder<ParameterResource> replicationPassword,
        Durability durability)
        => primary
            .WithArgs(ServerArgs(durability))
            .WithEnvironment("REPLICATION_PASSWORD", replicationPassword)
            .WithContainerFiles("/docker-entrypoint-initdb.d",
                [new ContainerFile { Name = "10-replication.sh", Contents = Scripts.AllowReplication, Mode = Executable }]);

    /// <summary>Adds standbys (<c>pg-replica-1</c> …), any of which can be promoted to primary.</summary>
    public static IReadOnlyList<IResourceBuilder<PostgresReplicaResource>> AddReplicas(
        this IResourceBuilder<PostgresServerResource> primary, int count,
        IResourceBuilder<ParameterResource> replicationPassword, Durability durability)
    {
        var replicas = Enumerable.Range(1, count)
            .Select(i => primary.AddReplica($"{primary.Resource.Name}-replica-{i}", replicationPassword, durability))
            .ToList();
        // A standby streams from whichever of the nodes is the primary, so it is told of all of them.
        var endpoints = replicas.Select(r => r.Resource.PrimaryEndpoint).Prepend(primary.Resource.PrimaryEndpoint).ToList();
        var (hosts, ports) = (Joined(endpoints, EndpointProperty.Host), Joined(endpoints, EndpointProperty.Port));
        var failover = new Failover(primary.Resource, [.. replicas.Select(r => r.Resource)]);
        foreach (var replica in replicas)
        {
            replica.WithEnvironment("NODE_HOSTS", hosts).WithEnvironment("NODE_PORTS", ports)
                .WithCommand(
                    Failover.CommandName, "Promote to primary",
                    context => failover.PromoteAsync(replica.Resource, context.Logger, context.CancellationToken),
                    new CommandOptions
                    {
                        Description = "Makes this standby the primary, and lets the other standbys follow it.",
                        ConfirmationMessage = $"Make {replica.Resource.Name} the primary, in place of one that is lost? "
                            + "What the lost one had sent to no standby is given up.",
                        IconName = "ArrowCircleUp",
                    });
        }
        primary.ApplicationBuilder.Eventing.Subscribe<BeforeResourceStartedEvent>(
            primary.Resource, (_, ct) => failover.RefuseTwoPrimariesAsync(ct));
        return replicas;
    }

    // The same for every node, as any of them may become the primary. A standby needs the primary's max_connections besides.
    private static string[] ServerArgs(Durability durability) =>
    [
        "-c", "wal_level=replica", "-c", "max_wal_senders=10", "-c", "max_replication_slots=10",
        // A standby that is away keeps WAL for at most a gigabyte; after that it is cloned anew.
        "-c", "wal_keep_size=256MB", "-c", "max_slot_wal_keep_size=1GB",
        "-c", "max_connections=300", "-c", "password_encryption=scram-sha-256",
        "-c", "synchronous_commit=on",
        "-c", $"synchronous_standby_names={(durability == Durability.Quorum ? "ANY 1 (*)" : "")}",
    ];

    private static ReferenceExpression Joined(IEnumerable<EndpointReference> endpoints, EndpointProperty property)
    {
        var text = new ReferenceExpressionBuilder();
        foreach (var endpoint in endpoints)
        {
            text.AppendLiteral(text.IsEmpty ? "" : ",");
            text.Append($"{endpoint.Property(property)}");
        }
        return text.Build();
    }

    private static IResourceBuilder<PostgresReplicaResource> AddReplica(
        this IResourceBuilder<PostgresServerResource> primary, [ResourceName] string name,
        IResourceBuilder<ParameterResource> replicationPassword, Durability durability)
    {
        var builder = primary.ApplicationBuilder;
        var server = primary.Resource;
        var replica = new PostgresReplicaResource(name, server);
        var check = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new(check, _ => new ReplicaHealthCheck(replica), failureStatus: null, tags: null));
        var image = server.Annotations.OfType<ContainerImageAnnotation>().Last();
        return builder.AddResource(replica)
            .WithImage(image.Image, image.Tag).WithImageRegistry(image.Registry)
            .WithEndpoint(targetPort: 5432, name: PostgresReplicaResource.EndpointName)
            .WithEnvironment("REPLICA_NAME", name)
            .WithEnvironment("PRIMARY_NAME", server.Name)
            .WithEnvironment("REPLICATION_SLOT", replica.SlotName)
            .WithEnvironment("PGPASSWORD", replicationPassword)
            .WithContainerFiles("/usr/local/bin",
                [new ContainerFile { Name = "replica-entrypoint.sh", Contents = Scripts.RunReplica, Mode = Executable }])
            .WithEntrypoint("/usr/local/bin/replica-entrypoint.sh")
            .WithArgs(ServerArgs(durability))
            .WithArgs(
                "-c", "hot_standby=on", "-c", "hot_standby_feedback=on",
                // How often a standby that has lost its primary looks for one: a promotion is followed within this.
                "-c", "wal_retrieve_retry_interval=500ms")
            .WithHealthCheck(check)
            .WithParentRelationship(server)
            .WaitFor(primary);
    }

    /// <summary>Keeps a server's data between runs.</summary>
    public static IResourceBuilder<PostgresServerResource> WithVolumeIf(
        this IResourceBuilder<PostgresServerResource> server, bool isKept)
        => isKept ? server.WithDataVolume($"scalehub-{server.Resource.Name}") : server;

    /// <summary>Keeps a standby's data between runs.</summary>
    public static IResourceBuilder<PostgresReplicaResource> WithVolumeIf(
        this IResourceBuilder<PostgresReplicaResource> replica, bool isKept)
        => isKept ? replica.WithVolume($"scalehub-{replica.Resource.Name}", "/var/lib/postgresql/data") : replica;

    /// <summary>Keeps Redis' data between runs.</summary>
    public static IResourceBuilder<RedisResource> WithVolumeIf(this IResourceBuilder<RedisResource> redis, bool isKept)
        => isKept ? redis.WithDataVolume($"scalehub-{redis.Resource.Name}") : redis;

    /// <summary>
    /// Hands a program one connection string per node (<c>scalehub</c> the primary, <c>scalehub-replica-1</c> …), as the
    /// role of the programs, and the names of the nodes; the program starts when the standbys are healthy. It does not wait
    /// for the primary: <c>migrate</c>, which every program waits for, has; and after a failover another node is the primary.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDatabase(
        this IResourceBuilder<ProjectResource> program, IResourceBuilder<PostgresDatabaseResource> database,
        IReadOnlyList<IResourceBuilder<PostgresReplicaResource>> replicas, IResourceBuilder<ParameterResource> appPassword)
    {
        var server = database.Resource.Parent;
        Node(database.Resource.Name, server.Name, server.PrimaryEndpoint);
        program.WithReferenceRelationship(database.Resource);
        for (var i = 0; i < replicas.Count; i++)
        {
            Node($"{database.Resource.Name}-replica-{i + 1}", replicas[i].Resource.Name, replicas[i].Resource.PrimaryEndpoint);
            program.WaitFor(replicas[i]).WithReferenceRelationship(replicas[i].Resource);
        }
        return program;

        void Node(string connection, string name, EndpointReference endpoint)
        {
            var (host, port) = (endpoint.Property(EndpointProperty.Host), endpoint.Property(EndpointProperty.Port));
            program
                .WithEnvironment($"ConnectionStrings__{connection}",
                    $"Host={host};Port={port};Database={database.Resource.DatabaseName};Username={AppRole};Password={appPassword}")
                .WithEnvironment($"Postgres__NodeNames__{connection}", name);
        }
    }
}
