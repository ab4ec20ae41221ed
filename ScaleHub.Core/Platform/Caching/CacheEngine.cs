using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// The cache: this process, then Redis, then the load.
/// <para>Current. An instance serves an entry from memory only while its invalidation subscription is known to work: a heartbeat
/// arrived within the last second. Otherwise it first compares the entry's version with the one in Redis. A reader that must see a
/// WAL position (<see cref="Consistency.ReadConsistency"/>) is never served an entry from before it.</para>
/// <para>Single flight. Concurrent lookups of a key share one load in a process. Instances wait for each other's load for at most
/// <see cref="CacheOptions.LockMs"/>, and later lookups of the same process for at most twice that, so a load that never ends
/// blocks nobody for longer.</para>
/// <para>Refresh ahead. A value that is in use is loaded again behind a hit in the last fifth of its life.</para>
/// <para>Fail-safe. When a load fails because of the database, the expired value is served and marked as stale until
/// <see cref="CacheLookup.StaleFor"/> is over, and the load is tried again each second. An invalidated value is never served.</para>
/// <para>Redis away. Each process works alone: it serves an entry for a second and then loads it again, once for all lookups.</para>
/// </summary>
internal sealed class CacheEngine(LocalStore local, CacheVersions versions, RedisStore redis, Broadcast broadcast,
    CacheCounts counts, PostgresNodes nodes, IOptions<CacheOptions> options, TimeProvider time, ILogger<CacheEngine> logger)
{
    private static readonly TimeSpan UnverifiedLife = TimeSpan.FromSeconds(1), RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(20);

    private readonly SingleFlight<EntryKey, CacheAnswer> _loads = new();
    private readonly TimeSpan _lockLife = TimeSpan.FromMilliseconds(options.Value.LockMs);
    private readonly CacheLocks _locks = new(redis, TimeSpan.FromMilliseconds(options.Value.LockMs));

    /// <summary>The value, loaded if it is not kept.</summary>
    /// <param name="lookup">Which.</param>
    /// <param name="needs">What it must have in it.</param>
    /// <param name="load">Runs in a scope of its own.</param>
    /// <param name="mayRefresh">Whether the load may also run behind a hit.</param>
    /// <param name="cancellationToken">Ends the wait; a load serves all who wait for it and goes on.</param>
    public ValueTask<CacheAnswer> GetAsync(CacheLookup lookup, LoadNeeds needs,
        Func<LoadNeeds, Task<(CacheValue, PostgresNode?)>> load, bool mayRefresh, CancellationToken cancellationToken)
    {
        if (FindHere(lookup, needs) is not { } answer) return JoinLoadAsync(lookup, needs, load, cancellationToken);
        if (mayRefresh && answer.Outcome is CacheOutcome.Hit && Now() >= answer.Entry.RefreshAt
            && Interlocked.Exchange(ref answer.Entry.Refreshing, 1) == 0)
        {
            _ = RefreshAsync(lookup, answer.Entry, load);
        }
        return new(answer);
    }

    /// <summary>
    /// The cached value, from this process or from Redis; null when there is none. It neither begins a load nor joins one, so
    /// that a lookup that does want a load never shares the answer of this one.
    /// </summary>
    public async ValueTask<CacheAnswer?> FindAsync(CacheLookup lookup, LoadNeeds needs)
    {
        if (FindHere(lookup, needs) is { } answer) return answer;
        var (startedAt, epoch) = (time.GetTimestamp(), broadcast.Epoch);
        if (needs.NothingCached
            || await versions.ReadAsync(lookup.Key.Company, lookup.Names) is not { InvalidationPending: false } version
            || await ReadAsync(lookup, version, startedAt, epoch, needs) is not { } entry || !IsCurrent(entry))
        {
            return null;
        }
        counts.Count(entry.Statistics!, CacheOutcome.SharedHit);
        return Kept(lookup, entry);
    }

    private CacheAnswer? FindHere(CacheLookup lookup, LoadNeeds needs)
    {
        if (!Reads(lookup, HybridCacheEntryFlags.DisableLocalCacheRead) || !local.TryGet(lookup.Key, out var entry)
            || !IsKnownGood(entry, needs))
        {
            return null;
        }
        var now = Now();
        if (now >= entry.ExpiresAt && (now >= entry.StaleUntil || time.GetTimestamp() >= entry.NextAttemptAt)) return null;
        var outcome = now < entry.ExpiresAt ? CacheOutcome.Hit : CacheOutcome.Stale;
        counts.Count(entry.Statistics!, outcome);
        return new CacheAnswer(entry, outcome);
    }

    /// <summary>Keeps a value that somebody else made.</summary>
    public async Task SetAsync(CacheLookup lookup, CacheValue value)
    {
        var startedAt = time.GetTimestamp();
        var version = await versions.ReadAsync(lookup.Key.Company, lookup.Names);
        await KeepAsync(lookup, Made(lookup, value, version, startedAt, broadcast.Epoch, default), version);
    }

    private async ValueTask<CacheAnswer> JoinLoadAsync(CacheLookup lookup, LoadNeeds needs,
        Func<LoadNeeds, Task<(CacheValue, PostgresNode?)>> load, CancellationToken cancellationToken)
    {
        var slots = versions.SlotsOf(lookup.Key.Company, lookup.Names);
        var (task, joined) = _loads.Join(
            lookup.Key,
            // A load that began before a change, or that need not see as much, may have read the past. One that has not ended
            // after two lives of the lock (the first may go by in waiting for another instance) may never end: the next lookup
            // begins its own.
            flight => versions.IsUnchanged(slots, flight.StartedAt) && flight.Needs.Covers(needs)
                && time.GetElapsedTime(flight.StartedAt) < 2 * _lockLife,
            () => new(time.GetTimestamp(), needs, flight => RunAsync(lookup, flight, load)));
        var answer = await task.WaitAsync(cancellationToken);
        var outcome = joined && answer.Outcome is CacheOutcome.Miss ? CacheOutcome.Joined : answer.Outcome;
        counts.Count(counts.Of(lookup.Key.Company), outcome);
        return answer with { Outcome = outcome };
    }

    private async Task<CacheAnswer> RunAsync(CacheLookup lookup, SingleFlight<EntryKey, CacheAnswer>.Flight flight,
        Func<LoadNeeds, Task<(CacheValue, PostgresNode?)>> load)
    {
        try
        {
            return await LookUpAsync(lookup, flight, load);
        }
        finally
        {
            _loads.Remove(lookup.Key, flight);
        }
    }

    private async Task<CacheAnswer> LookUpAsync(CacheLookup lookup, SingleFlight<EntryKey, CacheAnswer>.Flight flight,
        Func<LoadNeeds, Task<(CacheValue, PostgresNode?)>> load)
    {
        var (startedAt, epoch, needs) = (flight.StartedAt, broadcast.Epoch, flight.Needs);
        var version = await versions.ReadAsync(lookup.Key.Company, lookup.Names);
        var old = !needs.NothingCached && Reads(lookup, HybridCacheEntryFlags.DisableLocalCacheRead) && local.TryGet(lookup.Key, out var here)
            && (version is { } v ? here.Version == v.Name : versions.IsUnchanged(here.Slots, here.StartedAt)) ? here : null;
        if (old is not null && version is not null && Now() < old.ExpiresAt)
            return new(Validated(lookup, old, startedAt, epoch, needs), CacheOutcome.Hit);

        var token = Guid.NewGuid().ToString("N");
        var locked = false;
        if (version is { } current && !current.InvalidationPending && !needs.NothingCached)
        {
            var shared = await ReadAsync(lookup, current, startedAt, epoch, needs);
            if (IsCurrent(shared)) return Kept(lookup, shared!);
            (locked, var loaded) = await WaitAsync(lookup, current, token, startedAt, epoch, needs);
            if (loaded is not null) return Kept(lookup, loaded);
            old ??= shared;
        }
        if (version is { } seen) needs += new LoadNeeds(seen.AtLeast, seen.PrimaryOnly);
        try
        {
            var (value, from) = await CacheTracing.LoadAsync(lookup, () => load(needs));
            var made = Made(lookup, value, version, startedAt, epoch, needs.AtLeast);
            await KeepAsync(lookup, made, version);
            return new(made, CacheOutcome.Miss, from);
        }
        catch (Exception e) when (old is not null && Now() < old.StaleUntil && (DatabaseErrors.IsPassing(e) || e is NoNodeException))
        {
            logger.LogWarning("{Key} could not be loaded ({Reason}); serving a stale value", lookup.Key.Key, e.GetType().Name);
            if (versions.IsUnchanged(old.Slots, startedAt)) KeepHere(lookup, AfterFailedLoad(old, epoch));
            return new(old, CacheOutcome.Stale);
        }
        finally
        {
            if (locked) await _locks.ReleaseAsync(LockKey(lookup, version!.Value), token);
        }
    }

    /// <summary>The turn to load, or what another instance has loaded meanwhile; neither when that takes too long.</summary>
    private async Task<(bool Locked, CacheEntry? Loaded)> WaitAsync(
        CacheLookup lookup, CacheVersion version, string token, long startedAt, long epoch, LoadNeeds needs)
    {
        for (var began = time.GetTimestamp(); ;)
        {
            if (await _locks.TakeAsync(LockKey(lookup, version), token) is not { } locked) return (false, null);
            // Also with the lock: the one before may have finished since this process looked.
            var loaded = await ReadAsync(lookup, version, startedAt, epoch, needs);
            if (IsCurrent(loaded))
            {
                if (locked) await _locks.ReleaseAsync(LockKey(lookup, version), token);
                return (false, loaded);
            }
            if (locked || time.GetElapsedTime(began) > _lockLife) return (locked, null);
            await Task.Delay(PollEvery, time);
        }
    }

    private async Task RefreshAsync(CacheLookup lookup, CacheEntry entry, Func<LoadNeeds, Task<(CacheValue, PostgresNode?)>> load)
    {
        try
        {
            var (startedAt, epoch) = (time.GetTimestamp(), broadcast.Epoch);
            if (await versions.ReadAsync(lookup.Key.Company, lookup.Names) is not { InvalidationPending: false } version) return;
            var token = Guid.NewGuid().ToString("N");
            // Another instance does it; this one finds the result when its own has expired.
            if (await _locks.TakeAsync(LockKey(lookup, version), token) is not true) return;
            try
            {
                var needs = new LoadNeeds(version.AtLeast, version.PrimaryOnly);
                // Another instance may have loaded it since this one did, and have given the lock back.
                var loaded = await ReadAsync(lookup, version, startedAt, epoch, needs);
                if (loaded is not null && Now() < loaded.RefreshAt) KeepHere(lookup, loaded);
                else
                {
                    var (value, _) = await CacheTracing.LoadAsync(lookup, () => load(needs), behindHit: true);
                    await KeepAsync(lookup, Made(lookup, value, version, startedAt, epoch, needs.AtLeast), version);
                }
            }
            finally
            {
                await _locks.ReleaseAsync(LockKey(lookup, version), token);
            }
        }
        catch (Exception e)
        {
            // Nobody waits for it; when the entry has expired, the next lookup loads and tells its caller what is wrong.
            logger.LogWarning(e, "{Key} could not be refreshed", lookup.Key.Key);
        }
    }

    private bool IsKnownGood(CacheEntry entry, LoadNeeds needs)
    {
        if (needs.NothingCached || entry.AsOf < needs.AtLeast || !versions.IsUnchanged(entry.Slots, entry.StartedAt)) return false;
        var (heard, epoch) = broadcast.LastHeartbeat;
        var good = epoch == entry.Epoch ? Math.Max(heard, entry.StartedAt) : entry.StartedAt;
        return time.GetElapsedTime(good) < UnverifiedLife;
    }

    private async Task<CacheEntry?> ReadAsync(CacheLookup lookup, CacheVersion version, long startedAt, long epoch, LoadNeeds needs)
    {
        if (!Reads(lookup, HybridCacheEntryFlags.DisableDistributedCacheRead)) return null;
        var (_, bytes) = await redis.TryAsync(db => db.StringGetAsync(ValueKey(lookup, version)), CancellationToken.None);
        if ((byte[]?)bytes is not { } found || CacheEntry.Read(found) is not { } entry) return null;
        return Known(lookup, entry, version, startedAt, epoch, needs.AtLeast);
    }

    private CacheEntry Made(
        CacheLookup lookup, CacheValue value, CacheVersion? version, long startedAt, long epoch, NpgsqlLogSequenceNumber asOf)
        => Known(lookup, CacheEntry.Create(value, Now(), lookup.Expiration, lookup.StaleFor), version, startedAt, epoch, asOf);

    private CacheEntry Known(
        CacheLookup lookup, CacheEntry entry, CacheVersion? version, long startedAt, long epoch, NpgsqlLogSequenceNumber asOf)
        => entry with
        {
            Version = version?.Name,
            StartedAt = startedAt,
            Epoch = epoch,
            AsOf = Reached(asOf),
            Slots = versions.SlotsOf(lookup.Key.Company, lookup.Names),
            Statistics = counts.Of(lookup.Key.Company),
        };

    // A client may send any WAL position. One that no node has reached must not be recorded as what an entry includes.
    private NpgsqlLogSequenceNumber Reached(NpgsqlLogSequenceNumber position) => nodes.HasReached(position) ? position : default;

    /// <summary>The same entry, of which more is known now.</summary>
    private CacheEntry Validated(CacheLookup lookup, CacheEntry entry, long startedAt, long epoch, LoadNeeds needs)
    {
        var asOf = Reached(needs.AtLeast);
        var known = entry with { StartedAt = startedAt, Epoch = epoch, AsOf = asOf > entry.AsOf ? asOf : entry.AsOf };
        KeepHere(lookup, known);
        return known;
    }

    /// <summary>The same entry, which nobody tries to load for a second.</summary>
    private CacheEntry AfterFailedLoad(CacheEntry entry, long epoch)
    {
        var now = time.GetTimestamp();
        return entry with { StartedAt = now, Epoch = epoch, NextAttemptAt = now + (long)(RetryDelay.TotalSeconds * time.TimestampFrequency) };
    }

    private CacheAnswer Kept(CacheLookup lookup, CacheEntry entry)
    {
        KeepHere(lookup, entry);
        return new(entry, CacheOutcome.SharedHit);
    }

    private async Task KeepAsync(CacheLookup lookup, CacheEntry entry, CacheVersion? version)
    {
        if (entry.Value.Json.Length > options.Value.MaxValueBytes || version is { InvalidationPending: true }) return;
        KeepHere(lookup, entry);
        if (version is not { } under || !Reads(lookup, HybridCacheEntryFlags.DisableDistributedCacheWrite)) return;
        var life = TimeSpan.FromMilliseconds(entry.StaleUntil - Now());
        if (life <= TimeSpan.Zero) return;
        await redis.TryAsync(
            db => db.StringSetAsync(ValueKey(lookup, under), entry.Write(), life, When.Always), CancellationToken.None);
    }

    private void KeepHere(CacheLookup lookup, CacheEntry entry)
    {
        if (!Reads(lookup, HybridCacheEntryFlags.DisableLocalCacheWrite)) return;
        var latest = Now() + (long)lookup.LocalExpiration.TotalMilliseconds;
        local.Set(lookup.Key, latest < entry.ExpiresAt ? entry with { ExpiresAt = latest } : entry);
    }

    private bool IsCurrent(CacheEntry? entry) => entry is not null && Now() < entry.ExpiresAt;

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static bool Reads(CacheLookup lookup, HybridCacheEntryFlags unless) => (lookup.Flags & unless) == 0;

    private RedisKey ValueKey(CacheLookup lookup, CacheVersion version)
        => $"{redis.Prefix}:{{{lookup.Key.Company:N}}}:cache:{lookup.Tags[0]}:{version.Name}:{lookup.Text}";

    private RedisKey LockKey(CacheLookup lookup, CacheVersion version) => ValueKey(lookup, version).Append(":lock");
}
