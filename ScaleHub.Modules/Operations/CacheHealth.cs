using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Redis;

namespace ScaleHub.Modules.Operations;

/// <summary>The cache as this instance sees it.</summary>
/// <param name="Status">
/// <c>healthy</c>; <c>degraded</c> when Redis does not answer or changes are not heard: entries then last a second.
/// </param>
/// <param name="Local">What this instance keeps.</param>
/// <param name="Redis">What all instances share.</param>
/// <param name="Lookups">Of all companies, since this instance started.</param>
/// <param name="Company">Of the company that was asked for.</param>
public sealed record CacheHealthResponse(
    string Status, LocalCacheHealth Local, RedisCacheHealth Redis, CacheLookups Lookups, CacheLookups? Company);

/// <summary>Entries in this process.</summary>
/// <param name="Entries">How many.</param>
/// <param name="Bytes">How large, with keys and bookkeeping.</param>
/// <param name="MaxBytes">The most that there can be.</param>
public sealed record LocalCacheHealth(int Entries, long Bytes, long MaxBytes);

/// <summary>Redis.</summary>
/// <param name="Answers">Whether the last command was answered in time.</param>
/// <param name="HearsChanges">Whether changes by other instances are heard as they happen.</param>
public sealed record RedisCacheHealth(bool Answers, bool HearsChanges);

/// <summary>Lookups by how they were answered.</summary>
/// <param name="Hits">By this instance.</param>
/// <param name="SharedHits">By Redis.</param>
/// <param name="Joined">By a load that was under way for somebody else.</param>
/// <param name="Stale">By an expired value, because the load failed.</param>
/// <param name="Misses">By a load.</param>
/// <param name="HitRatio">The share that needed no load, 0 to 1; null before the first lookup. Below 0.6 is too little.</param>
public sealed record CacheLookups(long Hits, long SharedHits, long Joined, long Stale, long Misses, double? HitRatio)
{
    internal static CacheLookups From(CacheStatistics s) => new(
        s.Hits, s.SharedHits, s.Joined, s.Stale, s.Misses, s.HitRatio is { } ratio ? Math.Round(ratio, 4) : null);
}

/// <summary><c>GET /api/health/cache?companyId=</c>: size, connections and hit ratios.</summary>
public static class CacheHealth
{
    /// <summary>Tells how the cache is, as this instance sees it, and how it served a company. Asks nobody.</summary>
    public static Ok<CacheHealthResponse> Handle(Guid? companyId, CacheState cache, RedisStore redis)
    {
        var connected = new RedisCacheHealth(redis.Answers, cache.Hears);
        return TypedResults.Ok(new CacheHealthResponse(
            connected is { Answers: true, HearsChanges: true } ? "healthy" : "degraded",
            new(cache.Entries, cache.Bytes, cache.MaxBytes), connected,
            CacheLookups.From(cache.Total), companyId is { } id ? CacheLookups.From(cache.Of(id)) : null));
    }
}
