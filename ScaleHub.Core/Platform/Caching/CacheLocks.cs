using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// Locks in Redis, by which instances load one after the other. They save work and protect nothing: each ends by itself after
/// <paramref name="life"/>.
/// </summary>
internal sealed class CacheLocks(RedisStore redis, TimeSpan life)
{
    private const string Release = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

    /// <summary>Whether the lock is this process's now; null when Redis does not tell.</summary>
    public async Task<bool?> TakeAsync(RedisKey key, string token)
    {
        var (answered, taken) = await redis.TryAsync(
            db => db.StringSetAsync(key, token, life, When.NotExists), CancellationToken.None);
        if (answered) return taken;
        // The command may still take the lock, which others would wait for.
        await ReleaseAsync(key, token);
        return null;
    }

    /// <summary>Gives it back, if it is still the one with that token.</summary>
    public async Task ReleaseAsync(RedisKey key, string token)
        => await redis.SendAsync(db => db.ScriptEvaluateAsync(Release, [key], [token]), CancellationToken.None);
}
