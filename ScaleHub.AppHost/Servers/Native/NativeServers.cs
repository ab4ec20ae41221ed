using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.AppHost.Start;

namespace ScaleHub.AppHost.Servers.Native;

/// <summary>
/// The servers as processes of this machine, from its packages. As root they run as the user <c>postgres</c>, since PostgreSQL
/// refuses root. They listen on the loopback interface only.
/// </summary>
internal sealed class NativeServers : IServers
{
    private readonly IDistributedApplicationBuilder _builder;
    private readonly Settings _settings;
    private readonly ServerPrograms _programs;
    private readonly NativeFolder _folder;

    public NativeServers(IDistributedApplicationBuilder builder, Settings settings, ServerPrograms programs)
    {
        (_builder, _settings, _programs) = (builder, settings, programs);
        _folder = NativeFolder.Open(builder, settings);
    }

    public string FilesFolder => _folder.Data("files");

    public PostgresNode AddPrimary(PostgresCluster cluster, string name, int? port)
    {
        var server = AddPostgres(cluster, name, port, "run-postgres.sh")
            .WithArgs([.. cluster.ServerArgs])
            .WithEnvironment("POSTGRES_PASSWORD", cluster.SuperuserPassword)
            .WithEnvironment("REPLICATION_PASSWORD", cluster.ReplicationPassword)
            .WithEnvironment("DATABASE_NAME", cluster.Database)
            .WithEnvironment("INIT_SCRIPT", _folder.Script(ServerFiles.InitPrimary));
        var check = $"{name}_check";
        _builder.Services.AddHealthChecks().Add(
            new(check, _ => new PrimaryHealthCheck(server.Resource.ConnectionStringExpression), failureStatus: null, tags: null));
        return new(server.WithHealthCheck(check), server.Resource.Endpoint);
    }

    public PostgresNode AddStandby(PostgresCluster cluster, string name)
    {
        var server = AddPostgres(cluster, name, port: null, ServerFiles.RunReplica);
        var node = new PostgresNode(server, server.Resource.Endpoint);
        server
            .WithArgs([.. cluster.StandbyArgs])
            .WithEnvironment(context => cluster.SetStandbyEnvironment(context, name, node.SlotName))
            .WithEnvironment("POSTGRES_ENTRYPOINT", _folder.Script("run-postgres.sh"))
            .WaitFor(cluster.Primary.Server);
        return node;
    }

    public IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, IResourceBuilder<ParameterResource> password)
    {
        var redis = AddServer(name, null, "run-redis.sh", e => ReferenceExpression.Create(
            $"{e.Property(EndpointProperty.Host)}:{e.Property(EndpointProperty.Port)},password={password}"));
        redis
            .WithEnvironment("REDIS_SERVER", _programs.Redis)
            .WithEnvironment("REDIS_DATA", _folder.Data(name))
            .WithEnvironment("REDIS_PORT", redis.Resource.Endpoint.Property(EndpointProperty.TargetPort))
            .WithEnvironment("REDIS_PASSWORD", password)
            .WithEnvironment("REDIS_APPENDONLY", _settings.Volumes ? "yes" : "no");
        string? connectionString = null;
        _builder.Eventing.Subscribe<ConnectionStringAvailableEvent>(redis.Resource, async (_, ct) =>
            connectionString = await redis.Resource.ConnectionStringExpression.GetValueAsync(ct));
        var check = $"{name}_check";
        _builder.Services.AddHealthChecks().AddRedis(
            _ => connectionString ?? throw new InvalidOperationException($"{name} has no endpoint yet."), check);
        return redis.WithHealthCheck(check);
    }

    public IResourceBuilder<IResourceWithEndpoints> AddLoadBalancer(
        string name, int? port, IReadOnlyList<IResourceBuilder<ProjectResource>> instances)
    {
        var home = _folder.Work(name);
        var balancer = _builder.AddExecutable(name, "bash", _folder.Path, _folder.Script("run-nginx.sh"))
            .WithHttpEndpoint(port: port, targetPort: port, isProxied: false)
            .WithExternalHttpEndpoints();
        var listen = balancer.GetEndpoint("http").Property(EndpointProperty.TargetPort);
        var addresses = new ReferenceExpressionBuilder();
        Listen(listen, "");
        if (_settings.Certificate is { } certificate)
        {
            balancer.WithHttpsEndpoint(Ports.Choose($"{name} (TLS)", 8443, _settings), name: "https", isProxied: false)
                .WithEnvironment("NGINX_CERTIFICATE", certificate.Chain)
                .WithEnvironment("NGINX_CERTIFICATE_KEY", certificate.Key);
            Listen(balancer.GetEndpoint("https").Property(EndpointProperty.TargetPort), " ssl");
            addresses.AppendLiteral($"ssl_certificate {home}/tls.crt; ssl_certificate_key {home}/tls.key;");
        }
        balancer
            .WithEnvironment("NGINX_PROGRAM", _programs.Nginx)
            .WithEnvironment("NGINX_HOME", home)
            .WithEnvironment("NGINX_CACHE", $"{home}/cache")
            .WithEnvironment("NGINX_TEMPLATE", _folder.Script(ServerFiles.NginxTemplate))
            .WithEnvironment("NGINX_LISTEN", addresses.Build())
            .WithTrustedProxies(_settings)
            .WithInstances(instances);
        return balancer;

        void Listen(EndpointReferenceExpression port, string how)
        {
            addresses.Append($"listen 127.0.0.1:{port}{how}; ");
            if (Socket.OSSupportsIPv6) addresses.Append($"listen [::1]:{port}{how}; ");
        }
    }

    private IResourceBuilder<NativeServerResource> AddPostgres(PostgresCluster cluster, string name, int? port, string script)
    {
        var server = AddServer(name, port, script, endpoint =>
        {
            var (host, ownPort) = (endpoint.Property(EndpointProperty.Host), endpoint.Property(EndpointProperty.Port));
            return ReferenceExpression.Create($"Host={host};Port={ownPort};Username=postgres;Password={cluster.SuperuserPassword}");
        });
        return server
            .WithEnvironment("PGDATA", $"{_folder.Data(name)}/data")
            .WithEnvironment("PGPORT", server.Resource.Endpoint.Property(EndpointProperty.TargetPort))
            .WithEnvironment("PATH", $"{_programs.PostgresDirectory}:{Environment.GetEnvironmentVariable("PATH")}");
    }

    private IResourceBuilder<NativeServerResource> AddServer(
        string name, int? port, string script, Func<EndpointReference, ReferenceExpression> connectionString)
        => _builder.AddResource(new NativeServerResource(name, _folder.Path, connectionString))
            .WithArgs(_folder.Script(script))
            .WithEndpoint(port: port, targetPort: port, name: NativeServerResource.EndpointName, isProxied: false)
            .WithIconName("Database");
}
