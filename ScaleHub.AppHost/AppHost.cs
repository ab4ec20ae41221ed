using System.Globalization;
using ScaleHub.AppHost.Servers;
using ScaleHub.AppHost.Start;

// The whole system. Options: dotnet run --project ScaleHub.AppHost -- --help
return await Launch.RunAsync(args, async (builder, settings) =>
{
    // Secrets are made on the first start and kept in the user secrets; configuration (Parameters:name) wins.
    var superuserPassword = builder.AddSecret("pg-password");
    var replicationPassword = builder.AddSecret("pg-replication-password");
    var appPassword = builder.AddSecret("pg-app-password");
    var redisPassword = builder.AddSecret("redis-password");
    var secret = builder.AddSecret("scalehub-secret");

    // PostgreSQL, a primary and standbys that stream from it, and Redis: cache, rate limits, sessions. In containers or natively.
    var servers = await builder.AddServersAsync(settings);
    var postgres = builder.AddPostgres(servers, "pg", Ports.Choose("pg", 15432, settings), settings.Replicas,
        new PostgresCluster("scalehub", settings.Durability, superuserPassword, replicationPassword));
    var redis = servers.AddRedis("redis", redisPassword);

    var pools = PoolPlan.For(settings.Instances, builder.Configuration);
    if (pools.IsReduced) builder.Say(pools.Describe(settings.Instances));

    // The schema, and the role that the programs log in as, before any program starts.
    var migrate = builder.AddProject<Projects.ScaleHub_Worker>("migrate").WithArgs("migrate")
        .WithOwnerDatabase(postgres)
        .WithEnvironment("Postgres__AppPassword", appPassword)
        .WithEnvironment("ScaleHub__Secret", secret);

    // Mails are caught, not delivered; a page shows them.
    var mail = builder.AddProject<Projects.ScaleHub_MailCatcher>("mail")
        .WithEndpoint(Ports.Choose("smtp", 10025, settings), name: "smtp", scheme: "smtp", env: "SMTP_PORT", isProxied: false)
        .WithHttpEndpoint(Ports.Choose("mail", 18025, settings), isProxied: false)
        .WithUrlForEndpoint("http", url => url.DisplayText = "Mails")
        .WithExternalHttpEndpoints()
        .WithHttpHealthCheck("/health/ready");
    var balancerPort = Ports.Choose("lb", 8080, settings);

    // The API, several times over; each instance on a port of its own, not the launch profile's.
    var apis = Enumerable.Range(1, settings.Instances)
        .Select(i => builder.AddProject<Projects.ScaleHub_Api>($"api-{i}")
            .WithEndpoint("http", http => (http.Port, http.IsProxied) = (null, false))
            .WithDatabase(postgres, appPassword, pools)
            .WithReference(redis).WaitFor(redis)
            .WithEnvironment("ScaleHub__Secret", secret)
            .WithEnvironment("Blobs__Folder", servers.FilesFolder)
            .WithPublicPort(balancerPort)
            .WithEnvironment("RateLimits__Instances", settings.Instances.ToString(CultureInfo.InvariantCulture))
            .WithEnvironment("RateLimits__Scale", settings.Limits.ToString(CultureInfo.InvariantCulture))
            .WaitForCompletion(migrate)
            .WithHttpHealthCheck("/health/ready"))
        .ToList();

    // Background work: jobs, schedules, mails, the partitions of large tables.
    builder.AddProject<Projects.ScaleHub_Worker>("worker").WithArgs("run")
        .WithDatabase(postgres, appPassword, pools)
        .WithReference(redis).WaitFor(redis)
        .WithEnvironment("ScaleHub__Secret", secret)
        .WithEnvironment("Blobs__Folder", servers.FilesFolder)
        .WithMail(mail).WithPublicPort(balancerPort)
        .WaitForCompletion(migrate)
        .WithHttpEndpoint(isProxied: false)
        .WithHttpHealthCheck("/health/ready");

    // The front door: nginx spreads the requests over the API instances.
    servers.AddLoadBalancer("lb", balancerPort, apis)
        .WithUrlForEndpoint("http", url => url.DisplayText = "API")
        .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API docs" })
        .WithUrlForEndpoint("http", _ => new() { Url = "/app", DisplayText = "Company page" })
        .WithUrlForEndpoint("http", _ => new() { Url = "/ops", DisplayText = "Operations" })
        .WithUrlForEndpoint("http", _ => new() { Url = "/feed", DisplayText = "Card feed" })
        .WithHttpHealthCheck("/health/ready");
});
