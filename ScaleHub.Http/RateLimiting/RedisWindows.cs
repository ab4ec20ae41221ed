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
    /// <param name="more">How many more to admit at once, if there is plenty of room: see <see cref="Reservation"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the request may have been counted.</param>
    internal async ValueTask<WindowsAnswer?> DecideAsync(
        ApplyingLimit[] limits, int[]? untold, int more, CancellationToken cancellationToken)
    {
        var (answered, values) = await redis.AskAsync(db => RunAsync(db, limits, untold, null, more), cancellationToken);
        return answered ? Read(values!) : null;
    }

    /// <summary>Takes back one that was admitted, the oldest that is counted.</summary>
    public async ValueTask GiveBackAsync(ApplyingLimit limit)
        => await redis.AskAsync(db => GiveBackAsync(db, [limit], 1, null), CancellationToken.None);

    /// <summary>
    /// Takes back what was admitted in certain parts of the windows and not used. Sent once: if Redis does not say that it was
    /// done, it may have been, and taking it back twice would admit too many. Not sent if Redis failed since it was admitted: a Redis
    /// that has lost its memory does not count it any more, and would take back what others were admitted.
    /// </summary>
    internal async ValueTask GiveBackAsync(ApplyingLimit[] limits, int count, long[] parts, TimeSpan age)
    {
        if (redis.SinceFailure > age) await redis.TryAsync(db => GiveBackAsync(db, limits, count, parts), CancellationToken.None);
    }

    /// <summary>Takes back; from the oldest part where none is given.</summary>
    internal static Task<RedisResult> GiveBackAsync(IDatabase db, ApplyingLimit[] limits, int count, long[]? parts)
        => EvaluateAsync(db, GiveBackScript, Array.ConvertAll(limits, l => (RedisKey)l.Key),
            [.. limits.SelectMany((_, i) => (RedisValue[])[count, parts is null ? "" : parts[i]])]);

    /// <summary>Runs the script; at a given time (Unix, in milliseconds) where a test needs one.</summary>
    internal static async Task<long[]> RunAsync(IDatabase db, ApplyingLimit[] limits, int[]? untold, long? now, int more = 0)
    {
        var keys = new RedisKey[limits.Length];
        var arguments = new RedisValue[(limits.Length * 3) + 3];
        (arguments[0], arguments[1], arguments[2]) = (now?.ToString(null, null) ?? "", Parts, more);
        for (var i = 0; i < limits.Length; i++)
        {
            keys[i] = limits[i].Key;
            arguments[(3 * i) + 3] = limits[i].Limit;
            arguments[(3 * i) + 4] = (long)limits[i].Window.TotalMilliseconds / Parts;
            arguments[(3 * i) + 5] = untold?[i] ?? 0;
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

    internal static WindowsAnswer Read(long[] values)
    {
        var (states, parts) = (new LimitState[values.Length / 4], new long[values.Length / 4]);
        var ends = long.MaxValue;
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = new(values[(4 * i) + 1], values[(4 * i) + 2]);
            parts[i] = values[(4 * i) + 3];
            ends = Math.Min(ends, values[(4 * i) + 4]);
        }
        return new((int)values[0], states, parts, ends);
    }

    // KEYS: the limits. ARGV: for each, how many, and the part from which, or nothing for the oldest.
    private const string GiveBackScript = """
        for i, key in ipairs(KEYS) do
            local count, from, fields, parts = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]), redis.call('HGETALL', key), {}
            for j = 1, #fields, 2 do
                local part = tonumber(fields[j])
                if part then parts[#parts + 1] = { part, tonumber(fields[j + 1]) } end
            end
            table.sort(parts, function(a, b) return a[1] < b[1] end)
            for j, found in ipairs(parts) do
                local part, counted = unpack(found)
                if not from or part == from then
                    local gone = math.min(count, counted)
                    redis.call('HINCRBY', key, 'total', -gone)
                    if gone < counted then
                        redis.call('HINCRBY', key, part, -gone)
                    elseif #parts == 1 then
                        redis.call('DEL', key)
                    else
                        redis.call('HDEL', key, part)
                        if j == 1 then redis.call('HSET', key, 'oldest', parts[2][1]) end
                    end
                    break
                end
            end
        end
        """;

    // KEYS: the limits. ARGV: now in ms, or nothing for the server's clock; parts of a window; how many to admit beyond one; then
    // for each limit, how many requests, how many ms a part has, and how many were admitted elsewhere and are counted as if they
    // came now. Answers how many are admitted, then for each limit what remains, the ms until there is more, the current part, and
    // the ms until it ends. Beyond one, a fiftieth of the room is admitted at most, so that many who reserve leave room.
    internal const string Script = """
        local now, parts, more = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
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
            local limit, length, untold = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
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
            more = math.min(more, math.floor((limit - total) / 50))
            windows[i] = { total, oldest, room, part, here, limit, length }
        end

        if admitted == 1 then admitted = 1 + math.max(0, more) end
        local answer = { admitted }
        for i, key in ipairs(KEYS) do
            local total, oldest, room, part, here, limit, length = unpack(windows[i])
            if admitted > 0 then
                total = total + admitted
                redis.call('HSET', key, 'total', total, 'oldest', oldest, part, here + admitted)
                if here == 0 then redis.call('PEXPIRE', key, (parts + 1) * length) end
            end
            answer[4 * i - 2] = math.max(0, limit - total)
            answer[4 * i - 1] = (room + parts + 1) * length - now
            answer[4 * i] = part
            answer[4 * i + 1] = (part + 1) * length - now
        end
        return answer
        """;
}

/// <summary>What Redis says.</summary>
/// <param name="Admitted">How many requests; 0: refused.</param>
/// <param name="States">Of the limits, when all of them have been used.</param>
/// <param name="Parts">The parts of the windows in which they are counted.</param>
/// <param name="EndsMs">Milliseconds until the first of these parts ends.</param>
internal readonly record struct WindowsAnswer(int Admitted, LimitState[] States, long[] Parts, long EndsMs)
{
    /// <summary>For the request that asked. What is reserved with it remains for its caller.</summary>
    public RateLimitDecision Decision
    {
        get
        {
            var reserved = Math.Max(0, Admitted - 1);
            return new(Admitted > 0, reserved > 0 ? Array.ConvertAll(States, s => s with { Remaining = s.Remaining + reserved }) : States);
        }
    }
}
