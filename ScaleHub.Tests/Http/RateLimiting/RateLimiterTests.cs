using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>Several instances of the limiter over one Redis, which is killed and frozen under them.</summary>
public sealed class RateLimiterTests : IAsyncLifetime
{
    private readonly RedisServer _server = new();

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Two_thousand_at_the_same_time_over_three_instances_are_admitted_up_to_the_limit_exactly()
    {
        await using var instances = new Instances(_server, 3, new() { TimeoutMs = 5000 });
        var limit = Limit(500, 900);
        var decisions = await Task.WhenAll(Enumerable.Range(0, 2000)
            .Select(i => Task.Run(() => instances[i % 3].DecideAsync(limit))));
        Assert.Equal(500, decisions.Count(d => d.Admitted));
        Assert.All(instances, i => Assert.False(i.Metrics.InProcess));
    }

    [Fact]
    public async Task Real_time_keeps_the_limit_in_any_window_of_it()
    {
        await using var instances = new Instances(_server, 3, new() { TimeoutMs = 5000 });
        var limit = Limit(20, 1);
        var clock = Stopwatch.StartNew();
        List<TimeSpan> admitted = [];
        while (clock.Elapsed < TimeSpan.FromSeconds(4))
        {
            var before = clock.Elapsed;
            var decisions = await Task.WhenAll(instances.Select(i => i.DecideAsync(limit)));
            admitted.AddRange(decisions.Where(d => d.Admitted).Select(_ => before));
        }
        // Taken before the call: up to the time of a call, two of them may seem nearer than Redis had them.
        for (var i = 20; i < admitted.Count; i++) Assert.True(admitted[i] - admitted[i - 20] > TimeSpan.FromMilliseconds(900));
        Assert.InRange(admitted.Count, 60, 100);
    }

    [Fact]
    public async Task Without_redis_each_instance_admits_its_share_from_the_first_request_on()
    {
        await using var instances = new Instances(_server, 3, new());
        var limit = Limit(30, 900);
        Assert.All(await instances.EachAsync(limit), d => Assert.True(d.Admitted));
        await _server.KillAsync();

        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++) Assert.All(await instances.EachAsync(limit), d => Assert.True(d.Admitted));
        Assert.All(await instances.EachAsync(limit), d => Assert.False(d.Admitted));
        Assert.True(clock.ElapsedMilliseconds < 1000, $"{clock.Elapsed}");
        Assert.All(instances, i => Assert.True(i.Metrics.InProcess));

        await _server.StartAsync();
        await BackAsync(instances);
    }

    [Fact]
    public async Task A_frozen_redis_holds_nobody_up_for_long_and_is_exact_again_afterwards()
    {
        await using var instances = new Instances(_server, 3, new());
        var limit = Limit(30, 900);
        Assert.All(await instances.EachAsync(limit), d => Assert.True(d.Admitted));
        var slowest = TimeSpan.Zero;
        using (_server.Freeze())
        {
            // Through two rests, after each of which one caller tries Redis again.
            var frozen = Stopwatch.StartNew();
            for (var round = 0; round < 150 || frozen.Elapsed < TimeSpan.FromSeconds(3); round++)
            {
                var clock = Stopwatch.StartNew();
                var admitted = await instances.EachAsync(limit);
                slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, clock.Elapsed.Ticks));
                Assert.All(admitted, d => Assert.Equal(round < 10, d.Admitted));
            }
        }
        Assert.True(slowest < TimeSpan.FromMilliseconds(250), $"{slowest}");
        await BackAsync(instances);
    }

    [Fact]
    public async Task Who_decides_is_told_by_a_metric()
    {
        await using var instances = new Instances(_server, 1, new());
        var by = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "scalehub.ratelimit.decisions" && instrument.Meter.Scope == instances.Meters)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => by.Add((string)tags[0].Value!));
        listener.Start();
        await instances[0].DecideAsync(Limit(5, 60));
        await _server.KillAsync();
        await instances[0].DecideAsync(Limit(5, 60));
        Assert.Equal(["redis", "process"], by);
    }

    private static async Task BackAsync(Instances instances)
    {
        var clock = Stopwatch.StartNew();
        // Each instance asks again after its rest.
        await Poll.UntilAsync(async () =>
        {
            await instances.EachAsync(Limit(1000, 60));
            Assert.All(instances, i => Assert.False(i.Metrics.InProcess));
        });
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
        var limit = Limit(50, 900);
        var admitted = 0;
        for (var i = 0; i < 60; i++) admitted += (await instances.EachAsync(limit)).Count(d => d.Admitted);
        Assert.Equal(50, admitted);
    }

    private static ApplyingLimit Limit(int n, int seconds)
        => new("test", $"test:{{{Guid.NewGuid():N}}}:test", n, TimeSpan.FromSeconds(seconds));

    private sealed record Instance(RedisStore Store, RateLimiter Limiter, RateLimitMetrics Metrics)
    {
        public Task<RateLimitDecision> DecideAsync(ApplyingLimit limit)
            => Limiter.DecideAsync([limit], CancellationToken.None).AsTask();
    }

    private sealed class Instances : List<Instance>, IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

        public Instances(RedisServer server, int count, RedisOptions redis)
        {
            for (var i = 0; i < count; i++)
            {
                var store = server.CreateStore(redis);
                var metrics = new RateLimitMetrics(Meters);
                var local = new LocalWindows(Options.Create(new RateLimitOptions { Instances = count }), TimeProvider.System);
                Add(new(store, new(new(store), local, metrics), metrics));
            }
        }

        public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

        /// <summary>One request at every instance, at the same time.</summary>
        public Task<RateLimitDecision[]> EachAsync(ApplyingLimit limit) => Task.WhenAll(this.Select(i => i.DecideAsync(limit)));

        public async ValueTask DisposeAsync()
        {
            foreach (var instance in this) await instance.Store.DisposeAsync();
            await _services.DisposeAsync();
        }
    }
}
