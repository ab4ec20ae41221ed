using System.Diagnostics;
using System.Diagnostics.Metrics;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Redis;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>Several instances of the limiter over one Redis, which is late, busy, frozen and killed under them.</summary>
public sealed class RateLimiterTests : IAsyncLifetime
{
    private readonly RedisServer _server = new();

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Two_thousand_at_the_same_time_over_three_instances_are_admitted_up_to_the_limit_exactly()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        Assert.Equal(500, await instances.BurstAsync(LimiterInstances.Limit(500, 900), 2000));
        Assert.All(instances, i => Assert.False(i.Metrics.InProcess));
    }

    [Fact]
    public async Task With_all_processors_busy_the_limit_is_exact_every_time()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        using var busy = new BusyProcessors();
        for (var run = 0; run < 20; run++) Assert.Equal(500, await instances.BurstAsync(LimiterInstances.Limit(500, 900), 750));
    }

    [Theory]
    [InlineData(150)]
    [InlineData(400)]
    public async Task However_late_the_answers_are_the_limit_is_exact(int milliseconds)
    {
        await using var network = new LateRedis(_server);
        await using var instances = new LimiterInstances(3, _ => network.CreateStore());
        // The first ones compile it, and connect.
        await instances.EachAsync(LimiterInstances.Limit(500, 900));
        network.Delay = TimeSpan.FromMilliseconds(milliseconds);
        // One after the other too: the first of them alone finds Redis late without knowing it.
        var limit = LimiterInstances.Limit(20, 900);
        var admitted = 0;
        for (var i = 0; i < 8; i++) admitted += (await instances.EachAsync(limit)).Count(d => d.Admitted);
        Assert.Equal(20, admitted);
        Assert.Equal(500, await instances.BurstAsync(LimiterInstances.Limit(500, 900), 750));
        Assert.All(instances, i => Assert.False(i.Metrics.InProcess));
    }

    [Fact]
    public async Task A_delay_that_comes_and_goes_lets_nobody_past_the_limit()
    {
        await using var network = new LateRedis(_server);
        await using var instances = new LimiterInstances(3, _ => network.CreateStore());
        await instances.EachAsync(LimiterInstances.Limit(500, 900));
        var limit = LimiterInstances.Limit(100, 900);
        var admitted = 0;
        for (var round = 0; round < 8; round++)
        {
            network.Delay = TimeSpan.FromMilliseconds(round % 2 * 300);
            admitted += await instances.BurstAsync(limit, 30);
        }
        Assert.Equal(100, admitted);
    }

    [Fact]
    public async Task Real_time_keeps_the_limit_in_any_window_of_it()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        var limit = LimiterInstances.Limit(20, 1);
        var clock = Stopwatch.StartNew();
        List<(TimeSpan Before, TimeSpan After)> admitted = [];
        while (clock.Elapsed < TimeSpan.FromSeconds(4))
        {
            var before = clock.Elapsed;
            var decisions = await Task.WhenAll(instances.Select(i => i.DecideAsync(limit)));
            admitted.AddRange(decisions.Where(d => d.Admitted).Select(_ => (before, clock.Elapsed)));
        }
        // Redis decided at some time between before and after.
        for (var i = 20; i < admitted.Count; i++)
            Assert.True(admitted[i].After - admitted[i - 20].Before >= TimeSpan.FromSeconds(1), $"{i}");
        // Each second has room for 20, and the next may come a hundredth of the window late.
        Assert.InRange(admitted.Count, 60, 100);
    }

    [Fact]
    public async Task Without_redis_each_instance_admits_its_share_from_the_first_request_on_with_what_it_admitted_before()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        var limit = LimiterInstances.Limit(30, 900);
        for (var i = 0; i < 4; i++) Assert.All(await instances.EachAsync(limit), d => Assert.True(d.Admitted));
        await _server.KillAsync();

        for (var i = 4; i < 10; i++) Assert.All(await instances.EachAsync(limit), d => Assert.True(d.Admitted));
        Assert.All(await instances.EachAsync(limit), d => Assert.False(d.Admitted));
        Assert.All(instances, i => Assert.True(i.Metrics.InProcess));

        await _server.StartAsync();
        await instances.UntilRedisDecidesAsync();
        Assert.Equal(50, await instances.BurstAsync(LimiterInstances.Limit(50, 900), 180));
    }

    [Fact]
    public async Task A_company_that_one_instance_served_alone_is_admitted_the_shares_of_the_others_at_most_when_redis_goes()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        var limit = LimiterInstances.Limit(30, 900);
        await instances.EachAsync(LimiterInstances.Limit(30, 900));
        for (var i = 0; i < 30; i++) Assert.True((await instances[0].DecideAsync(limit)).Admitted);
        await _server.KillAsync();
        Assert.Equal(20, await instances.BurstAsync(limit, 120));
    }

    [Fact]
    public async Task A_redis_that_was_away_counts_what_each_instance_admitted_meanwhile_with_its_next_request()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        var (used, half) = (LimiterInstances.Limit(30, 900), LimiterInstances.Limit(30, 900));
        Assert.All(await instances.EachAsync(used), d => Assert.True(d.Admitted));
        await _server.KillAsync();
        for (var i = 0; i < 20; i++) await instances.EachAsync(used);
        for (var i = 0; i < 5; i++) Assert.All(await instances.EachAsync(half), d => Assert.True(d.Admitted));

        // Empty: it knows of nothing but what it is told.
        await _server.StartAsync();
        await instances.UntilRedisDecidesAsync();
        var first = await instances.EachAsync(half);
        var then = await instances.BurstAsync(half, 60);
        // 15 while it was away; the first instance that asks may find room for one that the others have not told of yet.
        Assert.Equal(30, 15 + first.Count(d => d.Admitted) + then);
        // Of 30 it was not told of three, which had been admitted through the Redis that has lost its memory.
        var again = (await instances.EachAsync(used)).Count(d => d.Admitted) + await instances.BurstAsync(used, 60);
        Assert.InRange(again, 0, 3 + 2);
    }

    [Fact]
    public async Task A_frozen_redis_is_waited_for_once_and_then_each_instance_admits_its_share()
    {
        await using var instances = new LimiterInstances(3, _ => _server.CreateStore());
        var limit = LimiterInstances.Limit(30, 900);
        for (var i = 0; i < 4; i++) Assert.All(await instances.EachAsync(limit), d => Assert.True(d.Admitted));
        var waited = new List<TimeSpan>();
        var admitted = 12;
        using (_server.Freeze())
        {
            // Through two rests, after each of which one caller tries Redis again.
            var frozen = Stopwatch.StartNew();
            for (var round = 0; round < 150 || frozen.Elapsed < TimeSpan.FromSeconds(4); round++)
            {
                var clock = Stopwatch.StartNew();
                admitted += (await instances.EachAsync(limit)).Count(d => d.Admitted);
                waited.Add(clock.Elapsed);
            }
            Assert.All(instances, i => Assert.True(i.Metrics.InProcess));
        }
        Assert.Equal(30, admitted);
        // The silence after which Redis counts as gone is waited for once; from then on nobody waits but who tries again, and
        // for the time-out of a command: in most rounds nobody does.
        Assert.Single(waited, w => w > TimeSpan.FromMilliseconds(900));
        var median = waited.Order().ElementAt(waited.Count / 2);
        Assert.True(median < TimeSpan.FromMilliseconds(20), $"{median}");

        // It went on where it was, has counted what it was asked in vain, and is told of the rest.
        await instances.UntilRedisDecidesAsync();
        Assert.All(await instances.EachAsync(limit), d => Assert.False(d.Admitted));
        Assert.Equal(50, await instances.BurstAsync(LimiterInstances.Limit(50, 900), 180));
    }

    [Fact]
    public async Task Who_decides_is_told_by_a_metric()
    {
        await using var instances = new LimiterInstances(1, _ => _server.CreateStore());
        var by = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "scalehub.ratelimit.decisions" && instrument.Meter.Scope == instances.Meters)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => by.Add((string)tags[0].Value!));
        listener.Start();
        await instances[0].DecideAsync(LimiterInstances.Limit(5, 60));
        await _server.KillAsync();
        await instances[0].DecideAsync(LimiterInstances.Limit(5, 60));
        Assert.Equal(["redis", "process"], by);
    }
}
