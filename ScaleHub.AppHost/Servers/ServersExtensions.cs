using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.AppHost.Servers.Containers;
using ScaleHub.AppHost.Servers.Native;
using ScaleHub.AppHost.Start;

namespace ScaleHub.AppHost.Servers;

/// <summary>Adds the servers, and tells programs about them.</summary>
internal static class ServersExtensions
{
    /// <summary>The role that the programs log in as; <c>Worker migrate</c> makes it.</summary>
    private const string AppRole = "scalehub_app";

    /// <summary>Chooses how the servers run (<c>--servers</c>), and says which way and why.</summary>
    /// <exception cref="StartException">That way does not work on this machine.</exception>
    public static async Task<IServers> AddServersAsync(this IDistributedApplicationBuilder builder, Settings settings)
    {
        var engine = settings.Servers == ServerChoice.Native ? null : await ContainerEngine.FindAsync();
        if (settings.Servers == ServerChoice.Containers && engine is not { IsOld: false })
        {
            throw new StartException("--servers containers needs Docker, or Podman 5.0 or newer; "
                + (engine is null ? "neither answers: start one" : "this Podman is older: update it") + ", or use --servers native.");
        }
        var why = (settings.Servers, engine) switch
        {
            (ServerChoice.Native, _) => "native, as --servers says",
            (ServerChoice.Containers, _) => $"in containers of {engine!.Name}, as --servers says",
            (_, null) => "native, as neither Docker nor Podman answers",
            (_, { IsOld: true }) => "native, as Podman is older than 5.0",
            _ => $"in containers, as {engine.Name} answers",
        };
        builder.Say($"The servers run {why}.");
        if (engine is { IsOld: false })
        {
            if (settings.Reset) await engine.RemoveVolumesAsync(ContainerServers.VolumePrefix);
            return new ContainerServers(builder, settings);
        }
        var programs = await ServerProvisioning.EnsureAsync(builder.Say, CancellationToken.None);
        return new NativeServers(builder, settings, programs);
    }

    /// <summary>Says something before the graph starts; nothing in a test.</summary>
    public static void Say(this IDistributedApplicationBuilder builder, string line)
    {
        if (!Settings.IsTest(builder.Configuration)) Console.WriteLine(line);
    }

    /// <summary>Adds a PostgreSQL primary and its standbys (<c>pg-replica-1</c> …), with the command that promotes one.</summary>
    public static PostgresCluster AddPostgres(
        this IDistributedApplicationBuilder builder, IServers servers, string name, int? port, int replicas, PostgresCluster cluster)
    {
        cluster.Primary = servers.AddPrimary(cluster, name, port);
        for (var i = 1; i <= replicas; i++)
        {
            cluster.Standbys.Add(servers.AddStandby(cluster, $"{name}-replica-{i}"));
        }
        var failover = new Failover(cluster);
        foreach (var standby in cluster.Standbys)
        {
            var check = $"{standby.Name}_check";
            builder.Services.AddHealthChecks().Add(new(check, _ => new ReplicaHealthCheck(standby), failureStatus: null, tags: null));
            standby.Server.WithHealthCheck(check).WithParentRelationship(cluster.Primary.Server.Resource)
                .WithCommand(
                    Failover.CommandName, "Promote to primary",
                    context => failover.PromoteAsync(standby, context.Logger, context.CancellationToken),
                    new CommandOptions
                    {
                        Description = "Makes this standby the primary, and lets the other standbys follow it.",
                        ConfirmationMessage = $"Make {standby.Name} the primary, in place of one that is lost? "
                            + "What the lost one had sent to no standby is given up.",
                        IconName = "ArrowCircleUp",
                    });
        }
        builder.Eventing.Subscribe<BeforeResourceStartedEvent>(
            cluster.Primary.Server.Resource, (_, ct) => failover.RefuseTwoPrimariesAsync(ct));
        return cluster;
    }

    /// <summary>Hands a program the superuser's connection string for the database; the program waits for the primary.</summary>
    public static IResourceBuilder<ProjectResource> WithOwnerDatabase(
        this IResourceBuilder<ProjectResource> program, PostgresCluster cluster)
        => program
            .WithEnvironment($"ConnectionStrings__{cluster.Database}", $"{cluster.Primary.ConnectionString};Database={cluster.Database}")
            .WithReferenceRelationship(cluster.Primary.Server.Resource)
            .WaitFor(cluster.Primary.Server);

    /// <summary>
    /// Hands a program one connection string per node (<c>scalehub</c> the primary, <c>scalehub-replica-1</c> …), as the role of
    /// the programs, and the names of the nodes. The program starts when the standbys are healthy. It does not wait for the
    /// configured primary: <c>migrate</c> has waited for it before, and every program waits for <c>migrate</c>; and after a
    /// failover another node is the primary.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDatabase(
        this IResourceBuilder<ProjectResource> program, PostgresCluster cluster, IResourceBuilder<ParameterResource> appPassword,
        PoolPlan pools)
    {
        foreach (var (i, node) in cluster.Nodes.Index())
        {
            var connection = i == 0 ? cluster.Database : $"{cluster.Database}-replica-{i}";
            var (host, port) = (node.Endpoint.Property(EndpointProperty.Host), node.Endpoint.Property(EndpointProperty.Port));
            program
                .WithEnvironment($"ConnectionStrings__{connection}",
                    $"Host={host};Port={port};Database={cluster.Database};Username={AppRole};Password={appPassword}")
                .WithEnvironment($"Postgres__NodeNames__{connection}", node.Name)
                .WithReferenceRelationship(node.Server.Resource);
            if (i > 0) program.WaitFor(node.Server);
        }
        return pools.Give(program);
    }

    /// <summary>Hands a program the mail server.</summary>
    public static IResourceBuilder<ProjectResource> WithMail(
        this IResourceBuilder<ProjectResource> program, IResourceBuilder<ProjectResource> mail)
        => program
            .WithEnvironment("ConnectionStrings__mail", $"smtp://localhost:{mail.GetEndpoint("smtp").Property(EndpointProperty.Port)}")
            .WithReferenceRelationship(mail.Resource);

    /// <summary>Tells a program where people reach the product, for links in mails.</summary>
    public static IResourceBuilder<ProjectResource> WithPublicPort(this IResourceBuilder<ProjectResource> program, int? publicPort)
        => publicPort is { } port
            ? program.WithEnvironment("Mail__PublicUrl", string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"))
            : program;

    /// <summary>Tells nginx whose X-Forwarded headers it may believe.</summary>
    public static IResourceBuilder<T> WithTrustedProxies<T>(this IResourceBuilder<T> balancer, Settings settings)
        where T : IResourceWithEnvironment
        => balancer
            .WithEnvironment("NGINX_REAL_IP_FROM", string.Concat(settings.TrustedProxies.Select(n => $"set_real_ip_from {n}; ")))
            .WithEnvironment("NGINX_TRUSTED", string.Concat(settings.TrustedProxies.Select(n => $"{n} 1; ")));

    /// <summary>Tells nginx of the instances, which its template calls <c>API_SERVERS</c>, and lets it wait for them.</summary>
    public static IResourceBuilder<T> WithInstances<T>(
        this IResourceBuilder<T> balancer, IReadOnlyList<IResourceBuilder<ProjectResource>> instances)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport
    {
        var upstream = new ReferenceExpressionBuilder();
        foreach (var instance in instances)
        {
            var endpoint = instance.GetEndpoint("http");
            upstream.Append($"server {endpoint.Property(EndpointProperty.IPV4Host)}:{endpoint.Property(EndpointProperty.Port)} ");
            upstream.AppendLiteral("max_fails=3 fail_timeout=5s; ");
            balancer.WaitFor(instance).WithReferenceRelationship(instance.Resource);
        }
        return balancer.WithEnvironment("API_SERVERS", upstream.Build());
    }
}
