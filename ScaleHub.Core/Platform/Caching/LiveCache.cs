using System.Collections.Concurrent;
using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// Small values kept in process until news of a change, for what is looked at on every request.
/// <para>Guarantee: <see cref="ForgetAsync"/> is known to every instance in milliseconds while <see cref="Broadcast"/> is live,
/// and within <paramref name="unverifiedLife"/> or 600 ms, whichever is longer, when it stops. A load that began before the change is
/// never kept after it. For a minute after a key was forgotten its value is kept for <paramref name="unverifiedLife"/> only: if the
/// outcome of the commit was unknown, it may come to pass in that time. One load for each key at a time. At most
/// <paramref name="capacity"/> values.</para>
/// <para>Redis away: the news waits in <see cref="PendingInvalidations"/> until Redis takes it; an instance that cannot hear news keeps a
/// value for <paramref name="unverifiedLife"/>.</para>
/// </summary>
/// <param name="topic">Names the values in the broadcast.</param>
/// <param name="broadcast">Carries the news.</param>
/// <param name="pending">Sends the news again until Redis takes it.</param>
/// <param name="time">The clock.</param>
/// <param name="capacity">Most values that are kept.</param>
/// <param name="life">How long a value is kept while news are heard.</param>
/// <param name="unverifiedLife">How long it is kept otherwise.</param>
public sealed class LiveCache<T>(
    string topic, Broadcast broadcast, PendingInvalidations pending, TimeProvider time, int capacity, TimeSpan life, TimeSpan unverifiedLife)
    where T : class
{
    private static readonly TimeSpan CautionAfterInvalidation = TimeSpan.FromMinutes(1);

    private readonly BoundedMap<Guid, Entry> _entries = new(capacity);

    // When a key was last forgotten.
    private readonly BoundedMap<Guid, long> _forgotten = new(capacity);
    private readonly ConcurrentDictionary<Guid, Lazy<Task<T?>>> _loading = new();

    // What a load compares to see whether its key was forgotten meanwhile. Keys share counters, which costs a load now and then.
    private readonly long[] _changes = new long[1024];

    /// <summary>Begins to listen. Once, before the first use.</summary>
    public LiveCache<T> Listening()
    {
        broadcast.Listen(topic, text =>
        {
            if (Guid.TryParseExact(text, "N", out var key)) ForgetHere(key);
        });
        return this;
    }

    /// <summary>The value of a key; null, which is not kept, when <paramref name="load"/> finds none.</summary>
    public async ValueTask<T?> GetAsync(Guid key, Func<Task<T?>> load)
    {
        if (_entries.TryGet(key, out var entry) && IsFresh(key, entry)) return entry.Value;
        var loading = _loading.GetOrAdd(key, new Lazy<Task<T?>>(() => LoadAsync(key, load)));
        try
        {
            return await loading.Value;
        }
        finally
        {
            _loading.TryRemove(KeyValuePair.Create(key, loading));
        }
    }

    /// <summary>Forgets a value here at once, and in every other process as soon as Redis takes the news. Never throws.</summary>
    /// <param name="key">Of the value.</param>
    /// <param name="before">What Redis must do before the others hear the news.</param>
    /// <returns>Whether Redis has taken it; if not, it is sent again until it has.</returns>
    public ValueTask<bool> ForgetAsync(Guid key, Func<IDatabase, Task>? before = null)
    {
        ForgetHere(key);
        // On one connection, so Redis does the one before the other.
        return pending.SendAsync(db => Task.WhenAll(
            before?.Invoke(db) ?? Task.CompletedTask, broadcast.PublishAsync(db, topic, key.ToString("N"))));
    }

    private void ForgetHere(Guid key)
    {
        _forgotten.Set(key, time.GetTimestamp());
        Interlocked.Increment(ref Changes(key));
        _entries.Remove(key);
        // Whoever asks from now on must not join a load that may have read the past.
        _loading.TryRemove(key, out _);
    }

    private bool IsFresh(Guid key, Entry entry)
    {
        var age = time.GetElapsedTime(entry.At);
        return age < unverifiedLife || (age < life && broadcast.IsLive && entry.Epoch == broadcast.Epoch && IsSettled(key));
    }

    private bool IsSettled(Guid key) => !_forgotten.TryGet(key, out var at) || time.GetElapsedTime(at) > CautionAfterInvalidation;

    private async Task<T?> LoadAsync(Guid key, Func<Task<T?>> load)
    {
        var (at, epoch, changes) = (time.GetTimestamp(), broadcast.Epoch, Volatile.Read(ref Changes(key)));
        if (await load() is not { } value) return null;
        _entries.Set(key, new(value, at, epoch));
        if (Volatile.Read(ref Changes(key)) != changes) _entries.Remove(key);
        return value;
    }

    private ref long Changes(Guid key) => ref _changes[(uint)key.GetHashCode() % (uint)_changes.Length];

    private sealed record Entry(T Value, long At, long Epoch);
}
