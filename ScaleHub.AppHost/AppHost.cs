using System.Globalization;
using ScaleHub.AppHost;
using ScaleHub.AppHost.LoadBalancer;
using ScaleHub.AppHost.Postgres;

// How large the graph is, and whether its data is kept; Settings.cs says what is allowed:
//   dotnet run --project ScaleHub.AppHost -- --instances 3 --replicas 1 --volumes false --durability quorum
if (args.Any(arg => arg is "--help" or "-h"))
{
    Console.WriteLine(Settings.Help);
    return 0;
}
var builder = DistributedApplication.CreateBuilder(args);
if (builder.ReadSettings() is not { } settings)
{
    return 2;
}
var (instances, replicas, volumes, durability, limits) = settings;

// Secrets are made on the first start and kept in the user secrets; configuration (Parameters:name) wins.
var superuserPassword = builder.AddSecret("pg-password");
var replicationPassword = builder.AddSecret("pg-replication-password");
var appPassword = builder.AddSecret("pg-app-password");
var redisPassword = builder.AddSecret("redis-password");
var secret = builder.AddSecret("scalehub-secret");

// PostgreSQL: a primary, and standbys that stream from it.
var postgres = builder.AddPostgres("pg", password: superuserPassword, port: 15432)
    // Of this version is the folder that the standbys keep.
    .WithImageTag("17.6")
    .WithStreamingReplication(replicationPassword, durability)
    .WithVolumeIf(volumes);
var database = postgres.AddDatabase("scalehub");
var standbys = postgres.AddReplicas(replicas, replicationPassword, durability)
    .Select(replica => replica.WithVolumeIf(volumes))
    .ToList();

// Redis: cache, rate limits, sessions.
var redis = builder.AddRedis("redis", password: redisPassword).WithVolumeIf(volumes);

// The schema, and the role that the programs log in as, before any program starts.
var migrate = builder.AddProject<Projects.ScaleHub_Worker>("migrate").WithArgs("migrate")
    .WithReference(database).WaitFor(database)
    .WithEnvironment("Postgres__AppPassword", appPassword)
    .WithEnvironment("ScaleHub__Secret", secret);

// The API, several times over; each instance on a port of its own, not the launch profile's.
var apis = Enumerable.Range(1, instances)
    .Select(i => builder.AddProject<Projects.ScaleHub_Api>($"api-{i}")
        .WithEndpoint("http", http => http.Port = null)
        .WithDatabase(database, standbys, appPassword)
        .WithReference(redis).WaitFor(redis)
        .WithEnvironment("ScaleHub__Secret", secret)
        .WithEnvironment("RateLimits__Instances", instances.ToString(CultureInfo.InvariantCulture))
        .WithEnvironment("RateLimits__Scale", limits.ToString(CultureInfo.InvariantCulture))
        .WaitForCompletion(migrate)
        .WithHttpHealthCheck("/health/ready"))
    .ToList();

// Background work: the job queue, schedules, roll-ups.
builder.AddProject<Projects.ScaleHub_Worker>("worker").WithArgs("run")
    .WithDatabase(database, standbys, appPassword)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("ScaleHub__Secret", secret)
    .WaitForCompletion(migrate)
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health/ready");

// The front door: nginx spreads the requests over the API instances.
builder.AddLoadBalancer("lb", port: 8080, apis)
    .WithUrlForEndpoint("http", url => url.DisplayText = "API")
    .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API docs" })
    .WithUrlForEndpoint("http", _ => new() { Url = "/feed", DisplayText = "Card feed" })
    .WithHttpHealthCheck("/health/ready");

await builder.Build().RunAsync();
// 1 when the start was broken.
return Environment.ExitCode;
