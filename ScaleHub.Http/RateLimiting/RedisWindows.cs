using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// Sliding windows in Redis: all limits of a request in one script, which Redis runs by itself, so that no two requests see the
/// same last place.
/// <para>A window is cut into <see cref="Parts"/>. What is counted is the current part and the <see cref="Parts"/> before it, the
/// oldest whole, though some of it may have left the window: never too little, and at most a hundredth of the window too much. A
/// key is a hash with a field for each part that has requests (102 fields and about 1.5 KB at most), their total and the number
/// of the oldest; it goes by itself when the window has passed.</para>
/// <para>A late answer is waited for: Redis may have counted the request already, and only Redis knows whether there was room for
/// it.</para>
/// </summary>
public sealed class RedisWindows(RedisStore redis)
{
    /// <summary>Parts of a window.</summary>
    internal const int Parts = 100;

    /// <summary>The decision, or null when Redis is gone.</summary>
    /// <param name="limits">What applies.</param>
    /// <param name="untold">For each limit, how many requests were admitted without Redis, which are counted first; null for
    /// none.</param>
    /// <param name="cancellationToken">Ends the wait; the request may have been counted.</param>
    public async ValueTask<RateLimitDecision?> DecideAsync(
        ApplyingLimit[] limits, int[]? untold, CancellationToken cancellationToken)
    {
        var (answered, values) = await redis.AskAsync(db => RunAsync(db, limits, untold, null), cancellationToken);
        return answered ? Read(values!) : null;
    }

    /// <summary>Takes back one that was admitted, the oldest that is counted.</summary>
    public async ValueTask GiveBackAsync(ApplyingLimit limit)
        => await redis.AskAsync(db => GiveBackAsync(db, limit), CancellationToken.None);

    internal static Task<RedisResult> GiveBackAsync(IDatabase db, ApplyingLimit limit)
        => EvaluateAsync(db, GiveBackScript, [limit.Key], []);

    /// <summary>Runs the script; at a given time (Unix, in milliseconds) where a test needs one.</summary>
    internal static async Task<long[]> RunAsync(IDatabase db, ApplyingLimit[] limits, int[]? untold, long? now)
    {
        var keys = new RedisKey[limits.Length];
        var arguments = new RedisValue[(limits.Length * 3) + 2];
        (arguments[0], arguments[1]) = (now?.ToString(null, null) ?? "", Parts);
        for (var i = 0; i < limits.Length; i++)
        {
            keys[i] = limits[i].Key;
            arguments[(3 * i) + 2] = limits[i].Limit;
            arguments[(3 * i) + 3] = (long)limits[i].Window.TotalMilliseconds / Parts;
            arguments[(3 * i) + 4] = untold?[i] ?? 0;
        }
        return (long[])(await EvaluateAsync(db, Script, keys, arguments))!;
    }

    private static async Task<RedisResult> EvaluateAsync(IDatabase db, string script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await db.ScriptEvaluateAsync(script, keys, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server was restarted, and the client took it for granted that the script is there; it sends it now.
            return await db.ScriptEvaluateAsync(script, keys, arguments);
        }
    }

    internal static RateLimitDecision Read(long[] values)
    {
        var states = new LimitState[values.Length / 2];
        for (var i = 0; i < states.Length; i++) states[i] = new(values[(2 * i) + 1], values[(2 * i) + 2]);
        return new(values[0] == 1, states);
    }

    private const string GiveBackScript = """
        local fields, oldest, count, next = redis.call('HGETALL', KEYS[1]), nil, 0, nil
        for i = 1, #fields, 2 do
            local part = tonumber(fields[i])
            if part and (not oldest or part < oldest) then
                oldest, count, next = part, tonumber(fields[i + 1]), oldest
            elseif part and (not next or part < next) then
                next = part
            end
        end
        if not oldest then return end
        redis.call('HINCRBY', KEYS[1], 'total', -1)
        if count > 1 then
            redis.call('HINCRBY', KEYS[1], oldest, -1)
        elseif next then
            redis.call('HDEL', KEYS[1], oldest)
            redis.call('HSET', KEYS[1], 'oldest', next)
        else
            redis.call('DEL', KEYS[1])
        end
        """;

    // KEYS: the limits. ARGV: now in ms, or nothing for the server's clock; parts of a window; then for each limit, how many
    // requests, how many ms a part has, and how many were admitted elsewhere and are counted as if they came now. Answers 1 or 0,
    // then for each limit what remains, and the ms until there is more.
    internal const string Script = """
        local now, parts = tonumber(ARGV[1]), tonumber(ARGV[2])
        if not now then
            local time = redis.call('TIME')
            now = time[1] * 1000 + math.floor(time[2] / 1000)
        end

        -- Drops the parts that have left the window. Returns the total, the oldest part, and the one that makes room by leaving.
        local function settle(key, first, limit)
            local fields, gone, kept, total = redis.call('HGETALL', key), {}, {}, 0
            for i = 1, #fields, 2 do
                local part = tonumber(fields[i])
                if part and part < first then
                    gone[#gone + 1] = fields[i]
                elseif part then
                    kept[#kept + 1] = { part, tonumber(fields[i + 1]) }
                    total = total + fields[i + 1]
                end
            end
            if #kept == 0 then
                redis.call('DEL', key)
                return 0
            end
            table.sort(kept, function(a, b) return a[1] < b[1] end)
            if #gone > 0 then
                redis.call('HDEL', key, unpack(gone))
                redis.call('HSET', key, 'total', total, 'oldest', kept[1][1])
            end
            -- After a change to a smaller plan, several parts have to leave before there is room.
            local room, left = 1, total - kept[1][2]
            while left >= limit and room < #kept do
                room = room + 1
                left = left - kept[room][2]
            end
            return total, kept[1][1], kept[room][1]
        end

        local windows, admitted = {}, 1
        for i, key in ipairs(KEYS) do
            local limit, length, untold = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
            local part = math.floor(now / length)
            if untold > 0 then
                redis.call('HSETNX', key, 'oldest', part)
                redis.call('HINCRBY', key, 'total', untold)
                redis.call('HINCRBY', key, part, untold)
                redis.call('PEXPIRE', key, (parts + 1) * length)
            end
            local state = redis.call('HMGET', key, 'total', 'oldest', part)
            local total, oldest, here = tonumber(state[1]) or 0, tonumber(state[2]) or part, tonumber(state[3]) or 0
            local room = oldest
            if oldest < part - parts or total > limit then
                total, oldest, room = settle(key, part - parts, limit)
            end
            -- The clock may have gone back.
            oldest, room = math.min(oldest or part, part), room or part
            if total >= limit then admitted = 0 end
            windows[i] = { total, oldest, room, part, here, limit, length }
        end

        local answer = { admitted }
        for i, key in ipairs(KEYS) do
            local total, oldest, room, part, here, limit, length = unpack(windows[i])
            if admitted == 1 then
                total = total + 1
                redis.call('HSET', key, 'total', total, 'oldest', oldest, part, here + 1)
                if here == 0 then redis.call('PEXPIRE', key, (parts + 1) * length) end
            end
            answer[2 * i] = math.max(0, limit - total)
            answer[2 * i + 1] = (room + parts + 1) * length - now
        end
        return answer
        """;
}
