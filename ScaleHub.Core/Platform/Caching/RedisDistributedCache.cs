using Microsoft.Extensions.Caching.Distributed;
using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// <see cref="IDistributedCache"/> in Redis, for what may be lost: bounded waits, and no exception when Redis does not answer. Then
/// nothing is found and nothing is kept. Values have an absolute expiration; a sliding one is not supported.
/// </summary>
public sealed class RedisDistributedCache(RedisStore redis, TimeProvider time) : IDistributedCache
{
    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        var (answered, value) = await redis.TryAsync(db => db.StringGetAsync(Name(key)), token);
        return answered && value.HasValue ? (byte[]?)value : null;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The options ask for a sliding expiration.</exception>
    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        if (options.SlidingExpiration is not null) throw new NotSupportedException("Values have an absolute expiration here.");
        var life = options.AbsoluteExpirationRelativeToNow ?? options.AbsoluteExpiration - time.GetUtcNow();
        if (life <= TimeSpan.Zero) return;
        await redis.TryAsync(db => db.StringSetAsync(Name(key), value, life, When.Always), token);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string key, CancellationToken token = default)
        => await redis.TryAsync(db => db.KeyDeleteAsync(Name(key)), token);

    /// <summary>Does nothing: an absolute expiration is not put off.</summary>
    public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Refresh(string key)
    {
        // As RefreshAsync.
    }

    /// <inheritdoc/>
    public byte[]? Get(string key) => GetAsync(key).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
        => SetAsync(key, value, options).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Remove(string key) => RemoveAsync(key).GetAwaiter().GetResult();

    private RedisKey Name(string key) => $"{redis.Prefix}:{key}";
}
