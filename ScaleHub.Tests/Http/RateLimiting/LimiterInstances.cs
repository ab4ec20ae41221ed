using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>An instance of the limiter.</summary>
internal sealed record LimiterInstance(RedisStore Store, RateLimiter Limiter, RateLimitMetrics Metrics)
{
    public Task<RateLimitDecision> DecideAsync(ApplyingLimit limit)
        => Limiter.DecideAsync([limit], CancellationToken.None).AsTask();
}

/// <summary>Instances of the limiter in this process, each with a connection of its own.</summary>
internal sealed class LimiterInstances : List<LimiterInstance>, IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public LimiterInstances(int count, Func<int, RedisStore> store)
    {
        for (var i = 0; i < count; i++)
        {
            var redis = store(i);
            var metrics = new RateLimitMetrics(Meters);
            var local = new LocalWindows(Options.Create(new RateLimitOptions { Instances = count }), TimeProvider.System);
            Add(new(redis, new(new(redis), local, metrics, TimeProvider.System), metrics));
        }
    }

    public IServiceProvider Services => _services;

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>A limit of a caller of its own.</summary>
    public static ApplyingLimit Limit(int n, int seconds)
        => new("test", $"test:{{{Guid.NewGuid():N}}}:test", n, TimeSpan.FromSeconds(seconds));

    /// <summary>One request at every instance, at the same time.</summary>
    public Task<RateLimitDecision[]> EachAsync(ApplyingLimit limit) => Task.WhenAll(this.Select(i => i.DecideAsync(limit)));

    /// <summary>Requests at the same time, spread over the instances; how many were admitted.</summary>
    public async Task<int> BurstAsync(ApplyingLimit limit, int requests)
        => (await Task.WhenAll(Enumerable.Range(0, requests).Select(i => Task.Run(() => this[i % Count].DecideAsync(limit)))))
            .Count(d => d.Admitted);

    /// <summary>Waits until every instance asks Redis again.</summary>
    public Task UntilRedisDecidesAsync()
        => Poll.UntilAsync(async () =>
        {
            await EachAsync(Limit(1000, 60));
            Assert.All(this, i => Assert.False(i.Metrics.InProcess));
        });

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in this) await instance.Store.DisposeAsync();
        await _services.DisposeAsync();
    }
}
