using Npgsql;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Caching;

/// <summary>What a lookup costs: one load for all who ask, and none that is not needed.</summary>
public sealed class CacheLoadTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly Guid _company = Guid.NewGuid();
    private int _loads;

    public Task InitializeAsync() => _redis.InitializeAsync();

    public Task DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_thousand_concurrent_misses_over_three_instances_are_one_load()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 3, ("Cache:LockMs", "20000"));
        var gate = new TaskCompletionSource<long>();
        var asked = 0;
        var asking = Enumerable.Range(0, 1000).Select(i => Task.Run(async () =>
        {
            var found = instances.GetAsync(i % 3, _company, "tasks", () =>
            {
                Interlocked.Increment(ref _loads);
                return gate.Task;
            });
            Interlocked.Increment(ref asked);
            return await found;
        })).ToList();
        // The load ends when all have asked, and none sooner.
        await Poll.UntilAsync(() => Volatile.Read(ref asked) == 1000);
        gate.SetResult(7);
        var found = await Task.WhenAll(asking);
        Assert.All(found, f => Assert.Equal(7, f.Value));
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task A_load_that_never_ends_is_taken_over_by_the_other_instances()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 3, ("Cache:LockMs", "300"));
        var never = new TaskCompletionSource<long>();
        var stuck = instances.GetAsync(0, _company, "tasks", () =>
        {
            Interlocked.Increment(ref _loads);
            return never.Task;
        });
        await Poll.UntilAsync(() => Volatile.Read(ref _loads) == 1);
        foreach (var instance in (int[])[1, 2])
        {
            var (value, _) = await instances.GetAsync(instance, _company, "tasks", () => Task.FromResult(8L))
                // The lock, a load that takes no time, and what a busy machine needs.
                .WaitAsync(TimeSpan.FromSeconds(2));
            Assert.Equal(8, value);
        }
        Assert.False(stuck.IsCompleted);
        never.SetResult(7);
        await stuck;
    }

    [Fact]
    public async Task A_load_that_never_ends_does_not_hold_up_later_lookups_of_its_own_instance()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 1, ("Cache:LockMs", "100"));
        var never = new TaskCompletionSource<long>();
        var stuck = instances.GetAsync(0, _company, "tasks", () =>
        {
            Interlocked.Increment(ref _loads);
            return never.Task;
        });
        await Poll.UntilAsync(() => Volatile.Read(ref _loads) == 1);
        // Lookups that come soon join the load; one of those that come later begins its own, and is answered.
        await Poll.UntilAsync(() => instances.GetAsync(0, _company, "tasks", () => Task.FromResult(8L)).IsCompletedSuccessfully);
        Assert.Equal((8, CacheOutcome.Hit), await instances.GetAsync(0, _company, "tasks", () => Task.FromResult(9L)));
        Assert.False(stuck.IsCompleted);
        never.SetResult(7);
        await stuck;
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_does_not_end_the_load_for_the_others()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 1);
        var gate = new TaskCompletionSource<long>();
        await using var scope = instances.Scope(0, _company);
        var cache = (CompanyCache)scope.ServiceProvider.GetService(typeof(CompanyCache))!;
        using var impatient = new CancellationTokenSource();
        var first = cache.LoadAsync("tasks", async _ => cache.Write(await gate.Task), cancellationToken: impatient.Token);
        var second = instances.GetAsync(0, _company, "tasks", () => Task.FromResult(1L));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        gate.SetResult(7);
        Assert.Equal((7, CacheOutcome.Joined), await second);
    }

    [Fact]
    public async Task A_failed_load_is_told_to_all_who_wait_and_kept_by_nobody()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 2);
        await Assert.ThrowsAsync<ArithmeticException>(
            () => instances.GetAsync(0, _company, "tasks", () => throw new ArithmeticException()));
        Assert.Equal((7, CacheOutcome.Miss), await GetAsync(instances, 1, 7));
        Assert.Equal((7, CacheOutcome.SharedHit), await GetAsync(instances, 0, 8));
        Assert.Equal((7, CacheOutcome.Hit), await GetAsync(instances, 0, 8));
    }

    [Fact]
    public async Task A_value_in_use_is_loaded_again_behind_a_hit_before_it_expires()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 1);
        var times = new CacheTimes(TimeSpan.FromSeconds(3));
        List<CacheOutcome> outcomes = [];
        await Poll.UntilAsync(async () =>
        {
            var (value, outcome) = await instances.GetAsync(
                0, _company, "tasks", () => Task.FromResult((long)Interlocked.Increment(ref _loads)), times);
            outcomes.Add(outcome);
            Assert.Equal(3, value);
        });
        // Two more loads, and nobody waited for them.
        Assert.Equal(CacheOutcome.Miss, outcomes[0]);
        Assert.All(outcomes.Skip(1), o => Assert.Equal(CacheOutcome.Hit, o));
    }

    [Fact]
    public async Task Of_three_instances_that_use_a_value_one_loads_it_again_before_it_expires_and_no_other_does_after_it()
    {
        // Longer than the test: a lock that was lost must not look like one that was not taken.
        await using var instances = await CacheInstances.StartAsync(_redis, 3, ("Cache:LockMs", "60000"));
        var times = new CacheTimes(TimeSpan.FromSeconds(10));
        var asked = new int[3];
        var (now, most) = (0, 0);
        Func<Task<long>> load = async () =>
        {
            var value = Interlocked.Increment(ref _loads);
            Interlocked.Exchange(ref most, Math.Max(Volatile.Read(ref most), Interlocked.Increment(ref now)));
            // Until each instance has been asked for it, and so had its chance to load as well.
            if (value > 1) await UntilEachIsAskedAsync();
            Interlocked.Decrement(ref now);
            return value;
        };
        using var stop = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 3).Select(async i =>
        {
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref asked[i]);
                await instances.GetAsync(i, _company, "tasks", load, times);
                await Task.Yield();
            }
        }).ToList();
        await Poll.UntilAsync(() => Volatile.Read(ref _loads) == 2 && Volatile.Read(ref now) == 0, seconds: 30);
        await UntilEachIsAskedAsync();
        Assert.Equal((2, 1), (_loads, most));
        await stop.CancelAsync();
        await Task.WhenAll(asking);

        async Task UntilEachIsAskedAsync()
        {
            var before = asked.ToArray();
            await Poll.UntilAsync(() => Enumerable.Range(0, 3).All(i => Volatile.Read(ref asked[i]) >= before[i] + 50));
        }
    }

    [Fact]
    public async Task What_one_instance_has_loaded_again_before_it_expires_another_takes_from_Redis()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 2);
        var times = new CacheTimes(TimeSpan.FromSeconds(5));
        foreach (var instance in (int[])[0, 1]) Assert.Equal(1, (await GetAsync(instance)).Value);
        await Poll.UntilAsync(async () => Assert.Equal(2, (await GetAsync(0)).Value), seconds: 30);
        await Poll.UntilAsync(async () => Assert.InRange((await GetAsync(1)).Value, 2, 3));
        Assert.Equal(2, _loads);

        Task<(long Value, CacheOutcome Outcome)> GetAsync(int instance) => instances.GetAsync(
            instance, _company, "tasks", () => Task.FromResult((long)Interlocked.Increment(ref _loads)), times);
    }

    [Fact]
    public async Task With_the_database_away_an_expired_value_is_served_as_stale_until_its_limit_and_then_the_error_is_told()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 2);
        var times = new CacheTimes(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(4));
        Assert.Equal((7, CacheOutcome.Miss), await instances.GetAsync(0, _company, "tasks", () => Task.FromResult(7L), times));
        var attempts = 0;
        Func<Task<long>> fails = () =>
        {
            Interlocked.Increment(ref attempts);
            throw new NpgsqlException("away", new IOException());
        };
        // On the instance that had it, and on one that finds it in Redis.
        foreach (var instance in (int[])[0, 1])
            await Poll.UntilAsync(async () => Assert.Equal(
                (7, CacheOutcome.Stale), await instances.GetAsync(instance, _company, "tasks", fails, times)));
        var before = Volatile.Read(ref attempts);
        for (var i = 0; i < 200; i++) await instances.GetAsync(0, _company, "tasks", fails, times);
        // Tried again now and then, not by each of them.
        Assert.InRange(Volatile.Read(ref attempts) - before, 0, 3);
        await Poll.UntilAsync(async () => await Assert.ThrowsAsync<NpgsqlException>(
            () => instances.GetAsync(0, _company, "tasks", fails, times)));
        Assert.Equal((8, CacheOutcome.Miss), await instances.GetAsync(0, _company, "tasks", () => Task.FromResult(8L), times));
    }

    [Fact]
    public async Task An_invalidated_value_is_not_served_even_if_the_load_fails()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 2);
        foreach (var instance in (int[])[0, 1]) await GetAsync(instances, instance, 7);
        await instances.RemoveAsync(0, _company, "tasks");
        foreach (var instance in (int[])[0, 1])
        {
            await Poll.UntilAsync(async () => await Assert.ThrowsAsync<NpgsqlException>(() => instances.GetAsync(
                instance, _company, "tasks", () => throw new NpgsqlException("away", new IOException()))));
        }
    }

    [Fact]
    public async Task A_value_that_is_too_large_is_loaded_each_time()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 1, ("Cache:MaxValueBytes", "1024"));
        await using var scope = instances.Scope(0, _company);
        var cache = (CompanyCache)scope.ServiceProvider.GetService(typeof(CompanyCache))!;
        for (var i = 0; i < 2; i++)
        {
            var found = await cache.LoadAsync("tasks", _ => Task.FromResult(cache.Write(new string('x', 1024))));
            Assert.Equal(CacheOutcome.Miss, found.Outcome);
        }
    }

    private Task<(long Value, CacheOutcome Outcome)> GetAsync(CacheInstances instances, int instance, long value)
        => instances.GetAsync(instance, _company, "tasks", () => Task.FromResult(value));
}
