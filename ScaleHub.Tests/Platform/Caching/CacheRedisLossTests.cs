using ScaleHub.Core.Platform.Caching;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Caching;

/// <summary>Three instances that lose their Redis, or get one back that is empty or out of date.</summary>
[Collection(Alone.Name)]
public sealed class CacheRedisLossTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly Guid _company = Guid.NewGuid();
    private CacheInstances _instances = null!;
    private long _truth = 1;
    private int _loads;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        _instances = await CacheInstances.StartAsync(_redis, 3, ("Redis:TimeoutMs", "100"));
    }

    public async Task DisposeAsync()
    {
        await _instances.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Without_Redis_hits_go_on_and_all_who_ask_share_a_load_a_second()
    {
        await EachAsync(Known);
        await _redis.KillAsync();
        var began = DateTime.UtcNow;
        _loads = 0;
        var outcomes = new List<CacheOutcome>();
        while (_loads < 9)
        {
            var found = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => GetAsync(i % 3)));
            Assert.All(found, f => Assert.Equal(_truth, f.Value));
            outcomes.AddRange(found.Select(f => f.Outcome));
        }
        // Nine loads of three instances take two seconds at least, and were for very many lookups.
        Assert.True(DateTime.UtcNow - began > TimeSpan.FromSeconds(1.5), $"{DateTime.UtcNow - began}");
        Assert.True(outcomes.Count(o => o == CacheOutcome.Hit) > outcomes.Count / 2, $"{outcomes.Count}");

        // A change is known here at once, and elsewhere within the second for which an entry is kept.
        _truth = 2;
        await _instances.RemoveAsync(0, _company, "tasks");
        Assert.Equal(2, (await GetAsync(0)).Value);
        await Poll.UntilAsync(() => EachAsync(f => Assert.Equal(2, f.Value)), seconds: 2);
    }

    [Fact]
    public async Task A_Redis_that_comes_back_empty_brings_no_stampede_and_nothing_old()
    {
        await EachAsync(Known);
        await _redis.KillAsync();
        await Poll.UntilAsync(() => EachAsync(f => Assert.Equal(CacheOutcome.Miss, f.Outcome)), seconds: 30);
        _truth = 2;
        await _instances.RemoveAsync(1, _company, "tasks");
        await Poll.UntilAsync(() => EachAsync(f => Assert.Equal(2, f.Value)), seconds: 3);

        await _redis.StartAsync();
        await LiveAsync();
        _loads = 0;
        var found = await Task.WhenAll(Enumerable.Range(0, 600).Select(i => Task.Run(() => GetAsync(i % 3))));
        Assert.All(found, f => Assert.Equal(2, f.Value));
        // One for each instance at most, for what it kept while it was alone; usually one.
        Assert.InRange(_loads, 0, 3);
        await EachAsync(Known);
    }

    [Fact]
    public async Task A_Redis_that_comes_back_with_older_data_brings_nothing_old()
    {
        await EachAsync(Known);
        await _redis.SaveAsync();
        // What is changed and cached from here on is not in the copy that it starts with.
        _truth = 2;
        await _instances.RemoveAsync(0, _company, "tasks");
        await Poll.UntilAsync(() => EachAsync(f => Assert.Equal(2, f.Value)));
        await _redis.KillAsync();
        await _redis.StartAsync(saved: true);
        await LiveAsync();
        using (var connection = await _redis.ConnectAsync())
            Assert.NotEmpty(await connection.GetDatabase().HashGetAllAsync($"scalehub:{{{_company:N}}}:versions"));
        await EachAsync(f => Assert.Equal(2, f.Value));
        // Also for one that remembers nothing.
        await using var young = await CacheInstances.StartAsync(_redis, 1);
        Assert.Equal(2, (await young.GetAsync(0, _company, "tasks:list", () => Task.FromResult(_truth))).Value);
    }

    [Fact]
    public async Task Changes_that_a_frozen_Redis_did_not_take_are_told_when_it_goes_on()
    {
        await EachAsync(Known);
        using (_redis.Freeze())
        {
            _truth = 2;
            await _instances.RemoveAsync(0, _company, "tasks");
            Assert.Equal(2, (await GetAsync(0)).Value);
            await Poll.UntilAsync(() => EachAsync(f => Assert.Equal(2, f.Value)), seconds: 5);
        }
        await LiveAsync();
        await using var young = await CacheInstances.StartAsync(_redis, 1);
        await Poll.UntilAsync(async () => Assert.Equal(
            2, (await young.GetAsync(0, _company, "tasks:list", () => Task.FromResult(_truth))).Value), seconds: 3);
        await EachAsync(f => Assert.Equal(2, f.Value));
    }

    private async Task LiveAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var state = (CacheState)_instances[i].GetService(typeof(CacheState))!;
            await Poll.UntilAsync(() => state.Hears, seconds: 30);
        }
    }

    private static void Known((long Value, CacheOutcome Outcome) found) => Assert.InRange(found.Value, 1, 2);

    private async Task EachAsync(Action<(long Value, CacheOutcome Outcome)> check)
    {
        for (var i = 0; i < 3; i++) check(await GetAsync(i));
    }

    private Task<(long Value, CacheOutcome Outcome)> GetAsync(int instance)
        => _instances.GetAsync(instance, _company, "tasks:list", () =>
        {
            Interlocked.Increment(ref _loads);
            return Task.FromResult(Interlocked.Read(ref _truth));
        });
}
