using System.Diagnostics.Metrics;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>How often a company's lookups were answered, and from where, since this process started.</summary>
public sealed class CacheStatistics
{
    private readonly long[] _counts = new long[Enum.GetValues<CacheOutcome>().Length];
    private (long Lookups, long Hits) _taken;

    /// <summary>Answered by this process.</summary>
    public long Hits => Read(CacheOutcome.Hit);

    /// <summary>Answered by what another instance had put into Redis.</summary>
    public long SharedHits => Read(CacheOutcome.SharedHit);

    /// <summary>Loaded.</summary>
    public long Misses => Read(CacheOutcome.Miss);

    /// <summary>Answered by an expired value, because the load failed.</summary>
    public long Stale => Read(CacheOutcome.Stale);

    /// <summary>Waited for a load that was under way for somebody else.</summary>
    public long Joined => Read(CacheOutcome.Joined);

    /// <summary>The share of lookups that needed no load, 0 to 1; null before the first lookup.</summary>
    public double? HitRatio
    {
        get
        {
            var (without, with) = (Hits + SharedHits + Stale + Joined, Misses);
            return without + with == 0 ? null : (double)without / (without + with);
        }
    }

    /// <summary>Lookups and hits since the last call. For one caller.</summary>
    internal (long Lookups, long Hits) TakeNew()
    {
        var (hits, misses) = (Hits + SharedHits + Stale + Joined, Misses);
        var taken = (hits + misses - _taken.Lookups, hits - _taken.Hits);
        _taken = (hits + misses, hits);
        return taken;
    }

    internal void Count(CacheOutcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);

    private long Read(CacheOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);
}

/// <summary>How a lookup was answered.</summary>
public enum CacheOutcome
{
    /// <summary>By this process.</summary>
    Hit,

    /// <summary>By Redis.</summary>
    SharedHit,

    /// <summary>By a load.</summary>
    Miss,

    /// <summary>By an expired value, because the load failed.</summary>
    Stale,

    /// <summary>By a load that was under way for somebody else.</summary>
    Joined,
}

/// <summary>
/// Lookups of all companies, and of each: meter <c>ScaleHub.Cache</c> has the sums, as companies are no labels there. The counts
/// of the 10,000 companies that loaded something last are kept, and of up to 10,000 more.
/// </summary>
public sealed class CacheCounts
{
    private readonly BoundedMap<Guid, CacheStatistics> _companies = new(20_000);
    private readonly Counter<long> _lookups;

    /// <summary>Makes the meter's instruments.</summary>
    public CacheCounts(IMeterFactory meters)
        => _lookups = meters.Create("ScaleHub.Cache").CreateCounter<long>(
            "scalehub.cache.lookups", "{lookup}", "Lookups in the cache, by outcome.");

    /// <summary>All of them.</summary>
    public CacheStatistics Total { get; } = new();

    /// <summary>A company's; <see cref="Guid.Empty"/> for what everybody shares.</summary>
    public CacheStatistics Of(Guid company) => _companies.GetOrAdd(company, () => new());

    /// <summary>A company's, if it has any; asking keeps nothing.</summary>
    internal CacheStatistics? Find(Guid company) => _companies.TryGet(company, out var found) ? found : null;

    internal void Count(CacheStatistics company, CacheOutcome outcome)
    {
        company.Count(outcome);
        Total.Count(outcome);
        _lookups.Add(1, new KeyValuePair<string, object?>("outcome", Name(outcome)));
    }

    private static string Name(CacheOutcome outcome) => outcome switch
    {
        CacheOutcome.Hit => "hit",
        CacheOutcome.SharedHit => "shared_hit",
        CacheOutcome.Miss => "miss",
        CacheOutcome.Stale => "stale",
        _ => "joined",
    };
}
