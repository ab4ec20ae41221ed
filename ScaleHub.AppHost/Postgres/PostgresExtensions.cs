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
        this IResourceBuilder<PostgresServerResource> primary, IResourceBuilder<ParameterResource> replicationPassword)
        => primary
            .WithArgs(
                "-c", "wal_level=replica", "-c", "max_wal_senders=10", "-c", "max_replication_slots=10",
                // A standby that is away keeps WAL for at most a gigabyte; after that it is cloned anew.
                "-c", "wal_keep_size=256MB", "-c", "max_slot_wal_keep_size=1GB",
                "-c", "max_connections=300", "-c", "password_encryption=scram-sha-256")
            .WithEnvironment("REPLICATION_PASSWORD", replicationPassword)
            .WithContainerFiles("/docker-entrypoint-initdb.d",
                [new ContainerFile { Name = "10-replication.sh", Contents = Scripts.AllowReplication, Mode = Executable }]);

    /// <summary>Adds a standby.</summary>
    public static IResourceBuilder<PostgresReplicaResource> AddReplica(
        this IResourceBuilder<PostgresServerResource> primary, [ResourceName] string name,
        IResourceBuilder<ParameterResource> replicationPassword)
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
            .WithEnvironment("PRIMARY_HOST", server.PrimaryEndpoint.Property(EndpointProperty.Host))
            .WithEnvironment("PRIMARY_PORT", server.PrimaryEndpoint.Property(EndpointProperty.Port))
            .WithEnvironment("REPLICA_NAME", name)
            .WithEnvironment("PGPASSWORD", replicationPassword)
            .WithContainerFiles("/usr/local/bin",
                [new ContainerFile { Name = "replica-entrypoint.sh", Contents = Scripts.RunReplica, Mode = Executable }])
            .WithEntrypoint("/usr/local/bin/replica-entrypoint.sh")
            // A standby needs at least the primary's max_connections.
            .WithArgs("-c", "hot_standby=on", "-c", "hot_standby_feedback=on", "-c", "max_connections=300")
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
    /// role of the programs, and the names of the nodes; the program starts when the nodes are healthy.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDatabase(
        this IResourceBuilder<ProjectResource> program, IResourceBuilder<PostgresDatabaseResource> database,
        IReadOnlyList<IResourceBuilder<PostgresReplicaResource>> replicas, IResourceBuilder<ParameterResource> appPassword)
    {
        var server = database.Resource.Parent;
        Node(database.Resource.Name, server.Name, server.PrimaryEndpoint);
        program.WaitFor(database).WithReferenceRelationship(database.Resource);
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
