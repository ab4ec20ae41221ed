using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform;

/// <summary>Registers the mechanisms that Api and Worker share.</summary>
public static class PlatformExtensions
{
    /// <summary>
    /// Database nodes, their monitor and the two contexts, plans of companies, Redis and its broadcast, tenant, read-your-writes,
    /// secrets, the job queue, blobs, events, mail.
    /// </summary>
    public static IHostApplicationBuilder AddPlatform(this IHostApplicationBuilder builder)
    {
        builder.AddSecrets();
        builder.Services.AddOptions<PostgresOptions>().BindConfiguration(PostgresOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddRedis();
        builder.Services.AddSingleton<PostgresNodes>();
        builder.Services.AddSingleton<NodeMetrics>();
        builder.Services.AddSingleton<PoolUse>();
        builder.Services.AddSingleton<NodeMonitor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<NodeMonitor>());
        builder.Services.AddHostedService<LoginGuard>();
        builder.Services.AddSingleton<LastWrites>();
        builder.Services.AddSingleton<PrimaryPosition>();
        builder.Services.AddScoped<Tenant>();
        builder.Services.AddScoped<ReadConsistency>();
        builder.Services.AddScoped<UnitOfWork>();
        // Who adds modules adds theirs.
        builder.Services.TryAddSingleton(new Schema());
        builder.Services.AddTenantDbContext<ScaleHubDb>().AddTenantDbContext<ReadDb>();
        // For a use case that rarely needs one, because a cache has the answer.
        builder.Services.AddScoped(services => new Lazy<ReadDb>(services.GetRequiredService<ReadDb>));
        builder.Services.AddSingleton<CompanyPlans>();
        builder.AddJobQueue();
        builder.AddBlobs();
        builder.Services.AddScoped<EventOutbox>();
        builder.AddMail();
        return builder;
    }

    /// <summary>Redis, the news over it, and what is sent again until Redis takes it.</summary>
    public static IHostApplicationBuilder AddRedis(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RedisOptions>().BindConfiguration(RedisOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<RedisStore>();
        builder.Services.AddSingleton<Broadcast>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Broadcast>());
        builder.Services.AddSingleton<PendingInvalidations>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PendingInvalidations>());
        return builder;
    }

    /// <summary>The checks <c>postgres</c> and <c>redis</c>, for readiness.</summary>
    public static IHostApplicationBuilder AddPlatformHealthChecks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks()
            .AddCheck<PostgresHealthCheck>("postgres", tags: ["ready"])
            .AddCheck<RedisHealthCheck>("redis", tags: ["ready"]);
        return builder;
    }

    /// <summary>The shared secret alone, for <c>migrate</c>.</summary>
    public static IHostApplicationBuilder AddSecrets(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<SecretOptions>().BindConfiguration(SecretOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<SecretBox>();
        return builder;
    }

    /// <summary>A context whose options are shared by all its instances.</summary>
    public static IServiceCollection AddTenantDbContext<T>(this IServiceCollection services) where T : TenantDbContext
        => services.AddSingleton(TenantDbContext.Options<T>).AddScoped<T>();
}
