using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Tests.Platform.Caching;

public sealed class LocalStoreTests
{
    private const long Bound = 1 << 20;

    [Fact]
    public void A_million_keys_never_take_more_than_the_bound()
    {
        var store = new LocalStore(Bound);
        var company = Guid.NewGuid();
        for (var i = 0; i < 1_000_000; i++)
        {
            store.Set(new(company, $"tasks:{i}"), Entry(100 + (i % 400)));
            Assert.True(store.Bytes <= Bound, $"{store.Bytes} with {i}");
        }
        Assert.InRange(store.Bytes, Bound * 9 / 10, Bound);
        Assert.InRange(store.Count, 1, (int)(Bound / 600));
    }

    [Fact]
    public void The_bound_is_not_less_than_what_entries_take()
    {
        var store = new LocalStore(64 << 20);
        var company = Guid.NewGuid();
        store.Set(new(company, "warm"), Entry(10));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 50_000; i++) store.Set(new(company, $"tasks:{i:D10}"), Entry(300));
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        // Others allocate in this process too, and the map grows by doubling; the bound must not be far from the truth.
        Assert.True(taken < store.Bytes * 1.25, $"{taken} bytes for {store.Bytes} that were counted");
    }

    [Fact]
    public void A_company_cannot_push_out_the_entries_of_others()
    {
        var store = new LocalStore(Bound);
        var quiet = Enumerable.Range(0, 100).Select(_ => Guid.NewGuid()).ToList();
        foreach (var company in quiet) store.Set(new(company, "tasks"), Entry(1000));
        var loud = Guid.NewGuid();
        for (var i = 0; i < 100_000; i++) store.Set(new(loud, $"tasks:{i}"), Entry(1000));
        Assert.All(quiet, company => Assert.True(store.TryGet(new(company, "tasks"), out _)));
        Assert.True(store.Bytes <= Bound);
    }

    [Fact]
    public void What_is_used_stays_longer_than_what_is_not()
    {
        var store = new LocalStore(Bound);
        var company = Guid.NewGuid();
        var hot = Enumerable.Range(0, 100).Select(i => new EntryKey(company, $"hot:{i}")).ToList();
        foreach (var key in hot) store.Set(key, Entry(1000));
        for (var i = 0; i < 10_000; i++)
        {
            store.Set(new(company, $"cold:{i}"), Entry(1000));
            if (i % 100 == 0) foreach (var key in hot) store.TryGet(key, out _);
        }
        Assert.All(hot, key => Assert.True(store.TryGet(key, out _)));
    }

    [Fact]
    public void Concurrent_changes_keep_the_count()
    {
        var store = new LocalStore(Bound);
        var companies = Enumerable.Range(0, 8).Select(_ => Guid.NewGuid()).ToArray();
        Parallel.For(0, 200_000, i =>
        {
            var key = new EntryKey(companies[i % 8], $"{i % 3000}");
            if (i % 7 == 0) store.Remove(key);
            else if (i % 3 == 0) store.TryGet(key, out _);
            else store.Set(key, Entry(i % 2000));
        });
        Assert.InRange(store.Bytes, 0, Bound);
        foreach (var company in companies)
            for (var i = 0; i < 3000; i++) store.Remove(new(company, $"{i}"));
        Assert.Equal((0L, 0), (store.Bytes, store.Count));
    }

    [Fact]
    public void What_may_not_even_be_served_stale_is_forgotten()
    {
        var store = new LocalStore(Bound);
        var company = Guid.NewGuid();
        store.Set(new(company, "dead"), CacheEntry.Create(new([1]), 0, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        store.Set(new(company, "stale"), CacheEntry.Create(new([1]), 0, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
        store.RemoveDead(10_000);
        Assert.False(store.TryGet(new(company, "dead"), out _));
        Assert.True(store.TryGet(new(company, "stale"), out _));
    }

    private static CacheEntry Entry(int bytes)
        => CacheEntry.Create(new(new byte[bytes]), 0, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)) with { Slots = [1, 2, 3] };
}
