using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>Registers the cache.</summary>
public static class CachingExtensions
{
    /// <summary>
    /// <see cref="CompanyCache"/>, <see cref="SharedCache"/>, .NET's <see cref="HybridCache"/> (the company's), and Microsoft's
    /// <see cref="IDistributedCache"/> over the shared Redis connection, for modules: it knows no companies, and throws when
    /// Redis is away.
    /// </summary>
    public static IHostApplicationBuilder AddCache(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddStackExchangeRedisCache(_ => { });
        services.AddOptions<RedisCacheOptions>().Configure<RedisStore>((options, redis) =>
        {
            options.ConnectionMultiplexerFactory = redis.GetConnectionAsync;
            options.InstanceName = $"{redis.Prefix}:module:";
        });
        services.AddSingleton(provider => new LocalStore(provider.GetRequiredService<IOptions<CacheOptions>>().Value.LocalBytes));
        services.AddSingleton<CacheCounts>();
        services.AddSingleton<CacheVersions>();
        services.AddSingleton<CacheLoads>();
        services.AddSingleton<CacheEngine>();
        services.AddSingleton<CacheServices>();
        services.AddSingleton(provider => new CacheState(
            provider.GetRequiredService<LocalStore>(), provider.GetRequiredService<Broadcast>(),
            provider.GetRequiredService<CacheCounts>(), provider.GetRequiredService<IOptions<CacheOptions>>()));
        services.AddHostedService<CacheUpkeep>();
        services.AddScoped(provider => new CompanyCache(provider.GetRequiredService<CacheServices>(),
            provider.GetRequiredService<Tenant>(), provider.GetRequiredService<ReadConsistency>(),
            provider.GetRequiredService<UnitOfWork>()));
        services.AddScoped(provider => new SharedCache(
            provider.GetRequiredService<CacheServices>(), provider.GetRequiredService<ReadConsistency>(),
            provider.GetRequiredService<UnitOfWork>()));
        services.AddScoped<HybridCache>(provider => provider.GetRequiredService<CompanyCache>());
        return builder;
    }

    /// <summary>Looks something up when the process starts, so that the first who asks for it does not wait.</summary>
    public static IServiceCollection AddCacheWarming(
        this IServiceCollection services, Func<IServiceProvider, CancellationToken, ValueTask> lookUp)
        => services.AddSingleton(new CacheWarmUp(lookUp));
}
