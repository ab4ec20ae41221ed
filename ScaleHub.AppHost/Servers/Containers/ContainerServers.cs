using System.Globalization;
using ScaleHub.AppHost.Servers.Native;
using ScaleHub.AppHost.Start;

namespace ScaleHub.AppHost.Servers.Containers;

/// <summary>The servers as containers of their official images.</summary>
internal sealed class ContainerServers(IDistributedApplicationBuilder builder, Settings settings) : IServers
{
    /// <summary>What the names of the volumes begin with.</summary>
    public const string VolumePrefix = "scalehub-";

    /// <summary>Pinned: the volumes were initialised by this major version and cannot be read by another.</summary>
    private const string PostgresTag = "17.6";

    private const string PostgresData = "/var/lib/postgresql/data";

    // The programs that use it run on this machine.
    public string FilesFolder { get; } = MakeFolder(builder, settings);

    public PostgresNode AddPrimary(PostgresCluster cluster, string name, int? port)
    {
        var server = builder.AddPostgres(name, password: builder.CreateResourceBuilder(cluster.SuperuserPassword), port: port)
            .WithImageTag(PostgresTag)
            .WithEndpoint("tcp", endpoint => endpoint.IsProxied = false)
            .WithArgs([.. cluster.ServerArgs])
            .WithEnvironment("REPLICATION_PASSWORD", cluster.ReplicationPassword)
            .WithEnvironment("DATABASE_NAME", cluster.Database)
            .WithContainerFiles("/docker-entrypoint-initdb.d", [File(ServerFiles.InitPrimary, $"10-{ServerFiles.InitPrimary}")]);
        if (settings.Volumes) server.WithDataVolume($"{VolumePrefix}{name}");
        return new(server, server.Resource.PrimaryEndpoint);
    }

    public PostgresNode AddStandby(PostgresCluster cluster, string name)
    {
        var server = builder.AddResource(new PostgresReplicaResource(name, cluster.SuperuserPassword));
        var node = new PostgresNode(server, server.Resource.Endpoint);
        server
            .WithImage("library/postgres", PostgresTag).WithImageRegistry("docker.io")
            .WithEndpoint(targetPort: 5432, name: PostgresReplicaResource.EndpointName, isProxied: false)
            .WithEnvironment(context => cluster.SetStandbyEnvironment(context, name, node.SlotName))
            .WithEnvironment("PGDATA", PostgresData)
            .WithContainerFiles("/usr/local/bin", [File(ServerFiles.RunReplica)])
            .WithEntrypoint($"/usr/local/bin/{ServerFiles.RunReplica}")
            .WithArgs([.. cluster.StandbyArgs])
            .WithIconName("DatabaseMultiple")
            .WaitFor(cluster.Primary.Server);
        if (settings.Volumes) server.WithVolume($"{VolumePrefix}{name}", PostgresData);
        return node;
    }

    public IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, IResourceBuilder<ParameterResource> password)
    {
#pragma warning disable ASPIRECERTIFICATES001 // Aspire may still change this method.
        var redis = builder.AddRedis(name, password: password)
            // TLS between programs of one machine would only cost time, and needs a certificate that this machine trusts.
            .WithoutHttpsCertificate()
#pragma warning restore ASPIRECERTIFICATES001
            .WithEndpoint("tcp", endpoint => endpoint.IsProxied = false);
        return settings.Volumes ? redis.WithDataVolume($"{VolumePrefix}{name}") : redis;
    }

    public IResourceBuilder<IResourceWithEndpoints> AddLoadBalancer(
        string name, int? port, IReadOnlyList<IResourceBuilder<ProjectResource>> instances)
    {
        const int Inside = 8080, InsideTls = 8443;
        const string Tls = "/etc/nginx/tls";
        var listen = string.Create(CultureInfo.InvariantCulture, $"listen {Inside};");
        var balancer = builder.AddContainer(name, "library/nginx", "1.28").WithImageRegistry("docker.io")
            .WithHttpEndpoint(port: port, targetPort: Inside, isProxied: false)
            .WithExternalHttpEndpoints()
            // A folder that exists in the image, and goes with the container.
            .WithEnvironment("NGINX_CACHE", "/tmp")
            .WithTrustedProxies(settings)
            .WithInstances(instances)
            .WithContainerFiles("/etc/nginx/templates", [File(ServerFiles.NginxTemplate, "scalehub.conf.template")]);
        if (settings.Certificate is { } certificate)
        {
            listen += string.Create(CultureInfo.InvariantCulture,
                $" listen {InsideTls} ssl; ssl_certificate {Tls}/tls.crt; ssl_certificate_key {Tls}/tls.key;");
            balancer
                .WithHttpsEndpoint(Ports.Choose($"{name} (TLS)", 8443, settings), InsideTls, name: "https", isProxied: false)
                .WithContainerFiles(Tls, [Copy(certificate.Chain, "tls.crt"), Copy(certificate.Key, "tls.key")]);
        }
        return balancer.WithEnvironment("NGINX_LISTEN", listen);
    }

    private static ContainerFile Copy(string path, string name) => new()
    {
        Name = name,
        SourcePath = path,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    private static ContainerFile File(string file, string? name = null) => new()
    {
        Name = name ?? file,
        Contents = ServerFiles.Read(file),
        Mode = ServerFiles.Executable,
    };

    private static string MakeFolder(IDistributedApplicationBuilder builder, Settings settings)
    {
        if (!settings.Volumes) return Directory.CreateTempSubdirectory("scalehub-files").FullName;
        var folder = Path.Combine(NativeFolder.StateDirectory(builder.AppHostDirectory), "container-files");
        if (settings.Reset && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return Directory.CreateDirectory(folder).FullName;
    }
}
