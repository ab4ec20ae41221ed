using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Backplane.StackExchangeRedis;
using ZiggyCreatures.Caching.Fusion.Locking.Distributed.Redis;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace ScaleHub.Perf.Cache;

/// <summary>
/// FusionCache with memory, Redis, back-plane and Redis lock; one connection for all three, as its Step by Step guide ends.
/// <para>Guide: that guide's options (step 11), with this product's life of an entry.</para>
/// <para>Tuned: what its documentation offers towards what this product promises. Waits for Redis as short as ours (100 ms,
/// circuit breakers 1 s, a connection that fails fast), writes and notifications in the foreground so that an invalidation is out
/// when the call returns, locks waited for 1 s, tags that remove instead of expire, 64 MiB of entries by size; and an entry and a
/// tag are trusted in memory for 1 s only, which is what bounds how old a value can be when a notification was lost.</para>
/// </summary>
internal sealed class FusionInstance : Instance
{
    private readonly ServiceProvider _services;
    private readonly IConnectionMultiplexer _redis;
    private readonly IFusionCache _cache;
    private readonly bool _tuned;

    private FusionInstance(ServiceProvider services, IConnectionMultiplexer redis, bool tuned)
        => (_services, _redis, _tuned, _cache) = (services, redis, tuned, services.GetRequiredService<IFusionCache>());

    public static async Task<Instance> StartAsync(string address, bool tuned)
    {
        var configuration = ConfigurationOptions.Parse(address);
        configuration.AbortOnConnectFail = false;
        if (tuned)
        {
            (configuration.ConnectTimeout, configuration.AsyncTimeout, configuration.SyncTimeout) = (2000, 1000, 1000);
            configuration.ReconnectRetryPolicy = new LinearRetry(2000);
            configuration.BacklogPolicy = BacklogPolicy.FailFast;
        }
        IConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        Task<IConnectionMultiplexer> Connection() => Task.FromResult(redis);
        var services = new ServiceCollection();
        var builder = services.AddFusionCache()
            .WithOptions(options =>
            {
                options.WaitForInitialBackplaneSubscribe = true;
                options.DistributedCacheCircuitBreakerDuration = TimeSpan.FromSeconds(2);
                if (!tuned) return;
                options.DistributedCacheCircuitBreakerDuration = TimeSpan.FromSeconds(1);
                options.BackplaneCircuitBreakerDuration = TimeSpan.FromSeconds(1);
                // Longer than it takes to connect again, as the option's documentation asks.
                options.AutoRecoveryDelay = TimeSpan.FromSeconds(3);
                options.RemoveByTagBehavior = RemoveByTagBehavior.Remove;
                options.TagsDefaultEntryOptions.MemoryCacheDuration = TimeSpan.FromSeconds(1);
                options.TagsDefaultEntryOptions.DistributedCacheSoftTimeout = TimeSpan.FromMilliseconds(100);
                options.TagsDefaultEntryOptions.DistributedCacheHardTimeout = TimeSpan.FromMilliseconds(100);
            })
            .WithDefaultEntryOptions(tuned ? Tuned() : Guide())
            .WithSerializer(new FusionCacheSystemTextJsonSerializer())
            .WithDistributedCache(new RedisCache(new RedisCacheOptions { ConnectionMultiplexerFactory = Connection }))
            .WithBackplane(new RedisBackplane(new RedisBackplaneOptions { ConnectionMultiplexerFactory = Connection }))
            .WithDistributedLocker(new RedisDistributedLocker(
                new RedisDistributedLockerOptions { ConnectionMultiplexerFactory = Connection }));
        if (tuned) builder.WithMemoryCache(new MemoryCache(new MemoryCacheOptions { SizeLimit = 64L << 20 }));
        return new FusionInstance(services.BuildServiceProvider(), redis, tuned);
    }

    private static FusionCacheEntryOptions Guide() => new()
    {
        Duration = TimeSpan.FromMinutes(5),
        IsFailSafeEnabled = true,
        FailSafeMaxDuration = TimeSpan.FromHours(2),
        FailSafeThrottleDuration = TimeSpan.FromSeconds(30),
        EagerRefreshThreshold = 0.9f,
        FactorySoftTimeout = TimeSpan.FromMilliseconds(100),
        FactoryHardTimeout = TimeSpan.FromMilliseconds(1500),
        DistributedCacheSoftTimeout = TimeSpan.FromSeconds(1),
        DistributedCacheHardTimeout = TimeSpan.FromSeconds(2),
        AllowBackgroundDistributedCacheOperations = true,
        JitterMaxDuration = TimeSpan.FromSeconds(2),
    };

    private static FusionCacheEntryOptions Tuned()
    {
        var options = Guide();
        options.FailSafeThrottleDuration = TimeSpan.FromSeconds(1);
        options.MemoryCacheDuration = TimeSpan.FromSeconds(1);
        options.DistributedCacheSoftTimeout = options.DistributedCacheHardTimeout = TimeSpan.FromMilliseconds(100);
        options.AllowBackgroundDistributedCacheOperations = options.AllowBackgroundBackplaneOperations = false;
        options.LockTimeout = TimeSpan.FromSeconds(1);
        // It lengthens the time in memory, too.
        options.JitterMaxDuration = TimeSpan.FromMilliseconds(200);
        // What a value from Redis counts in memory; a loaded one says its own size.
        options.Size = 5000;
        return options;
    }

    public override async Task<byte[]> GetAsync(Guid company, string key, Func<Task<byte[]>> load, TimeSpan? life)
    {
        var options = _cache.DefaultEntryOptions;
        if (life is { } duration)
        {
            options = options.Duplicate().SetDuration(duration);
            options.JitterMaxDuration = default;
        }
        return await _cache.GetOrSetAsync(Key(company, key), Factory(load, b => b.Length), default, options, Tags(company));
    }

    public override Func<ValueTask<byte[]>> Prepare(Guid company, string key, Func<Task<byte[]>> load)
        => Prepared(company, key, Factory(load, bytes => bytes.Length));

    public override Func<ValueTask<TaskPage>> PrepareTyped(Guid company, string key, Func<Task<TaskPage>> load)
        => Prepared(company, key, Factory(load, _ => 5000));

    public override async Task RemoveKeyAsync(Guid company, string key) => await _cache.RemoveAsync(Key(company, key));

    public override async Task RemoveTagAsync(Guid company) => await _cache.RemoveByTagAsync(Tags(company)[0]);

    public override async Task RemoveCompanyAsync(Guid company) => await _cache.RemoveByTagAsync(Tags(company)[1]);

    // The best that there is: invalidate before the commit too, and not only behind it.
    public override Task BeforeCommitAsync(Guid company) => RemoveTagAsync(company);

    public override Task<byte[]>? GetAfterWriteAsync(Guid company, string key, Func<Task<byte[]>> load) => null;

    public override async Task<bool> HasInMemoryAsync(Guid company, string key)
        => (await _cache.TryGetAsync<byte[]>(Key(company, key), options => options.SetSkipDistributedCache(true, true))).HasValue;

    public override async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private Func<ValueTask<T>> Prepared<T>(Guid company, string key, Func<FusionCacheFactoryExecutionContext<T>, CancellationToken, Task<T>> factory)
    {
        var (full, tags) = (Key(company, key), Tags(company));
        return () => _cache.GetOrSetAsync(full, factory, default, null, tags);
    }

    private Func<FusionCacheFactoryExecutionContext<T>, CancellationToken, Task<T>> Factory<T>(Func<Task<T>> load, Func<T, int> size)
    {
        if (!_tuned) return (_, _) => load();
        return async (context, _) =>
        {
            var value = await load();
            context.Options.Size = size(value) + 512;
            return value;
        };
    }

    private static string Key(Guid company, string key) => $"{company:N}:{key}";

    private static string[] Tags(Guid company) => [$"{company:N}:tasks", $"{company:N}"];
}
