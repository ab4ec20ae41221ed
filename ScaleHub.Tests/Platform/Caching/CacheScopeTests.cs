using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Caching;

/// <summary>Whose entries they are, whatever the keys; and .NET's own way to use them.</summary>
public sealed class CacheScopeTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private CacheInstances _instances = null!;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        _instances = await CacheInstances.StartAsync(_redis, 2);
    }

    public async Task DisposeAsync()
    {
        await _instances.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_company_can_neither_read_nor_invalidate_what_another_or_everybody_has()
    {
        var (mine, yours) = (Guid.NewGuid(), Guid.NewGuid());
        await using var me = _instances.Scope(0, mine);
        await using var you = _instances.Scope(0, yours);
        var shared = me.ServiceProvider.GetRequiredService<SharedCache>();
        Assert.Equal("mine", await Cache(me).GetOrCreateAsync("tasks:1", Make("mine")));
        Assert.Equal("yours", await Cache(you).GetOrCreateAsync("tasks:1", Make("yours")));
        Assert.Equal("ours", await shared.GetOrCreateAsync("tasks:1", Make("ours")));

        // What the keys and tags of others look like in Redis, and tricks with them.
        string[] guesses =
            ["*", "tasks", "tasks:1", $"{mine:N}", $"}}:{mine:N}", $"{{{mine:N}}}:cache:tasks", $"scalehub:{{{mine:N}}}:versions"];
        foreach (var text in guesses)
        {
            await Cache(you).RemoveByTagAsync(text);
            await Cache(you).RemoveAsync(text);
            Assert.Equal("new", await Cache(you).GetOrCreateAsync(text, Make("new")));
        }
        // On the other instance, too: what is there comes from Redis.
        await using var elsewhere = _instances.Scope(1, mine);
        Assert.Equal("mine", await Cache(elsewhere).GetOrCreateAsync("tasks:1", Make("other")));
        Assert.Equal("mine", await Cache(me).GetOrCreateAsync("tasks:1", Make("other")));
        Assert.Equal("ours", await shared.GetOrCreateAsync("tasks:1", Make("other")));
    }

    [Fact]
    public async Task Without_a_company_there_is_no_cache_but_the_shared_one()
    {
        await using var scope = _instances[0].CreateAsyncScope();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Cache(scope).GetOrCreateAsync("tasks", Make("x")));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Cache(scope).RemoveByTagAsync("*"));
    }

    [Fact]
    public async Task Keys_that_look_alike_or_hurt_are_each_their_own()
    {
        var company = Guid.NewGuid();
        string[] keys =
        [
            "tasks", "tasks:", "tasks::", "tasks: ", "Tasks", "tasks:a b", "tasks:a\nb", "tasks:a\0b", "tasks:*", "tasks:?", "tasks:[a]",
            "tasks:{a}", "tasks:\r\nFLUSHALL\r\n", "tasks:\ud800", "tasks:\udfff", "tasks:\ufffd", "tasks:é", "tasks:e\u0301",
            "#", "#tasks", ":", ":tasks", new('x', 1024), new('x', 1023), $"tasks:{new string('a', 400)}b", $"tasks:{new string('a', 400)}c",
        ];
        // Each through an instance that has not seen it: the entry is found in Redis, or it is another's.
        for (var i = 0; i < keys.Length; i++)
        {
            await using var scope = _instances.Scope(0, company);
            Assert.Equal(i, await Cache(scope).GetOrCreateAsync(keys[i], _ => ValueTask.FromResult(i)));
        }
        for (var i = 0; i < keys.Length; i++)
        {
            await using var scope = _instances.Scope(1, company);
            Assert.Equal(i, await Cache(scope).GetOrCreateAsync(keys[i], _ => ValueTask.FromResult(-1)));
        }
    }

    [Fact]
    public async Task A_key_has_a_bound()
    {
        await using var scope = _instances.Scope(0, Guid.NewGuid());
        await Assert.ThrowsAsync<ArgumentException>(async () => await Cache(scope).GetOrCreateAsync("", Make("x")));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Cache(scope).GetOrCreateAsync(new('x', 1025), Make("x")));
    }

    [Fact]
    public async Task Net_sets_removes_and_leaves_out_as_it_says()
    {
        var company = Guid.NewGuid();
        await using var one = _instances.Scope(0, company);
        await using var two = _instances.Scope(1, company);
        Assert.Equal("old", await Cache(two).GetOrCreateAsync("a:1", Make("old"), tags: ["even"]));
        await Cache(one).SetAsync("a:1", "set");
        Assert.Equal("set", await Cache(one).GetOrCreateAsync("a:1", Make("made")));
        await Poll.UntilAsync(async () => Assert.Equal("set", await Cache(two).GetOrCreateAsync("a:1", Make("made"))));

        var kept = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableUnderlyingData };
        Assert.Equal("set", await Cache(two).GetOrCreateAsync("a:1", Make("made"), kept));
        Assert.Null(await Cache(two).GetOrCreateAsync("a:2", Make("made"), kept));

        await Cache(two).RemoveAsync("a:1");
        Assert.Equal("made", await Cache(two).GetOrCreateAsync("a:1", Make("made"), tags: ["even"]));
        await Cache(two).RemoveByTagAsync("even");
        Assert.Equal("again", await Cache(two).GetOrCreateAsync("a:1", Make("again"), tags: ["even"]));

        var here = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableDistributedCache };
        Assert.Equal("one", await Cache(one).GetOrCreateAsync("a:3", Make("one"), here));
        Assert.Equal("two", await Cache(two).GetOrCreateAsync("a:3", Make("two"), here));
        var there = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCache };
        Assert.Equal("shared", await Cache(one).GetOrCreateAsync("a:4", Make("shared"), there));
        Assert.Equal("shared", await Cache(two).GetOrCreateAsync("a:4", Make("other"), there));
    }

    [Fact]
    public async Task Who_wants_only_what_is_kept_spoils_no_load()
    {
        var kept = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableUnderlyingData };
        for (var round = 0; round < 50; round++)
        {
            var company = Guid.NewGuid();
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                await using var scope = _instances.Scope(0, company);
                if (i % 2 == 0) Assert.Contains(await Cache(scope).GetOrCreateAsync("tasks", Make("made"), kept), (string?[])[null, "made"]);
                else Assert.Equal("made", await Cache(scope).GetOrCreateAsync("tasks", Make("made")));
            })));
        }
    }

    [Fact]
    public async Task Each_company_has_its_own_count()
    {
        var (mine, yours) = (Guid.NewGuid(), Guid.NewGuid());
        for (var i = 0; i < 5; i++) await _instances.GetAsync(0, mine, "tasks", () => Task.FromResult(1L));
        await _instances.GetAsync(1, mine, "tasks", () => Task.FromResult(1L));
        await _instances.GetAsync(0, yours, "tasks", () => Task.FromResult(1L));
        var state = _instances[0].GetRequiredService<CacheState>();
        Assert.Equal((4, 1, 0.8), (state.Of(mine).Hits, state.Of(mine).Misses, state.Of(mine).HitRatio));
        Assert.Equal((0, 1), (state.Of(yours).Hits, state.Of(yours).Misses));
        Assert.Equal(1, _instances[1].GetRequiredService<CacheState>().Of(mine).SharedHits);
    }

    [Fact]
    public async Task The_meter_counts_lookups_by_how_they_were_answered()
    {
        var company = Guid.NewGuid();
        using var first = new Measurements(_instances[0], "ScaleHub.Cache");
        using var second = new Measurements(_instances[1], "ScaleHub.Cache");
        for (var i = 0; i < 5; i++) await _instances.GetAsync(0, company, "tasks", () => Task.FromResult(1L));
        await _instances.GetAsync(1, company, "tasks", () => Task.FromResult(1L));
        Assert.Equal(new() { ["miss"] = 1, ["hit"] = 4 }, first.Sums("scalehub.cache.lookups"));
        Assert.Equal(new() { ["shared_hit"] = 1 }, second.Sums("scalehub.cache.lookups"));
    }

    private static HybridCache Cache(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<HybridCache>();

    private static Func<CancellationToken, ValueTask<string>> Make(string value) => _ => ValueTask.FromResult(value);
}
