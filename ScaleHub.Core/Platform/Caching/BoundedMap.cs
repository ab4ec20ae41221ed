using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// A concurrent map that never holds more than <paramref name="capacity"/> entries, give or take one for each thread that adds at
/// the moment. When the younger half is full, the older half is forgotten at once: no clock, no list, no lock on reads.
/// </summary>
public sealed class BoundedMap<TKey, TValue>(int capacity) where TKey : notnull
{
    private volatile Halves _halves = new(new(), new());

    /// <summary>The value that was set and not forgotten since.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var halves = _halves;
        return halves.Young.TryGetValue(key, out value) || halves.Old.TryGetValue(key, out value);
    }

    /// <summary>Keeps a value, in place of the one that was there.</summary>
    public void Set(TKey key, TValue value)
    {
        var halves = _halves;
        halves.Young[key] = value;
        // ConcurrentDictionary.Count takes every lock, so the writes are counted here.
        if (Interlocked.Increment(ref halves.Sets) < capacity / 2) return;
        Interlocked.CompareExchange(ref _halves, new(new(), halves.Young), halves);
    }

    /// <summary>The value of a key, or the given one. Either way it is among the younger half afterwards.</summary>
    public TValue GetOrAdd(TKey key, Func<TValue> make)
    {
        var halves = _halves;
        if (halves.Young.TryGetValue(key, out var value)) return value;
        value = halves.Young.GetOrAdd(key, halves.Old.TryGetValue(key, out var old) ? old : make());
        if (Interlocked.Increment(ref halves.Sets) >= capacity / 2)
            Interlocked.CompareExchange(ref _halves, new(new(), halves.Young), halves);
        return value;
    }

    /// <summary>Forgets one.</summary>
    public void Remove(TKey key)
    {
        var halves = _halves;
        halves.Young.TryRemove(key, out _);
        halves.Old.TryRemove(key, out _);
        // The halves changed places meanwhile.
        if (_halves != halves) _halves.Old.TryRemove(key, out _);
    }

    private sealed class Halves(ConcurrentDictionary<TKey, TValue> young, ConcurrentDictionary<TKey, TValue> old)
    {
        public readonly ConcurrentDictionary<TKey, TValue> Young = young, Old = old;
        public int Sets;
    }
}
