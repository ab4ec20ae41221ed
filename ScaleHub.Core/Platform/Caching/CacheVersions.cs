using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>The versions that an entry stands under now, and what a load for it must see.</summary>
/// <param name="Name">Part of the key in Redis: another one after any change.</param>
/// <param name="AtLeast">A position at or after the last change.</param>
/// <param name="PrimaryOnly">There may have been a change of unknown position in the last 30 s.</param>
/// <param name="InvalidationPending">A change is announced, and may be committed at any moment: nothing may be kept.</param>
internal readonly record struct CacheVersion(string Name, NpgsqlLogSequenceNumber AtLeast, bool PrimaryOnly, bool InvalidationPending);

/// <summary>
/// Invalidation in O(1): a company, each of its tags, and each of 256 groups of its keys has a version; an entry's key in Redis
/// has the versions in it, so that changing one leaves all entries under it behind, whatever their number.
/// <para>Guarantee: a version never comes back. It is made of the position of the write that changed it, the time and chance; one
/// that Redis has lost is made anew; and the server's run id is part of the name, so that a server which was restarted with older
/// data brings nothing back. A load must see the position in its versions, so that a standby which is late cannot be
/// cached.</para>
/// <para>A version that is made anew stands for changes that Redis does not know (any more). They are covered by the company's
/// base: a position that the primary had after the first of its versions was made anew under this run id. A later change is a
/// version of its own. The base is read from the primary once, and kept beside the versions, so that it is lost when they are;
/// who cannot read it loads from the primary.</para>
/// <para>An invalidation is announced before its transaction commits and completed after the commit. If the process is killed in
/// between, no old value remains: for 75 seconds after an announcement the entries are not cached, and are loaded from the
/// primary.</para>
/// <para>Each invalidation is sent to all instances (<see cref="Broadcast"/>). If Redis does not answer, it is sent again until
/// Redis does (<see cref="PendingInvalidations"/>). A process that is killed before that leaves old entries in Redis until they
/// expire.</para>
/// </summary>
internal sealed class CacheVersions
{
    private const string Topic = "cache", Everything = "*";
    private const int Groups = 256;
    // In place of a position.
    private static readonly NpgsqlLogSequenceNumber Announced = ReadConsistency.Unknown;

    // Longer than a transaction whose program has vanished: idle_in_transaction_session_timeout.
    private static readonly TimeSpan AnnouncedFor = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Life = TimeSpan.FromDays(2);

    // In place of a position, in a version that no change made: the base has the position.
    private static readonly NpgsqlLogSequenceNumber Made = new(1);

    // KEYS: a company's versions. ARGV: a version for those that are missing, seconds to keep them all, a name for the base,
    // their names. Answers the versions, the run id of Redis, and the base if one is needed: the run id with a WAL position, or
    // with a placeholder until a process has read the position. A base of another run is replaced: Redis may have restarted with
    // older data.
    private const string ReadScript = """
        local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
        local values, needed = redis.call('HMGET', KEYS[1], unpack(ARGV, 4)), false
        for i, value in ipairs(values) do
            if not value then
                redis.call('HSET', KEYS[1], ARGV[i + 3], ARGV[1])
                values[i] = ARGV[1]
            end
            needed = needed or string.sub(values[i], 1, 16) == string.sub(ARGV[1], 1, 16)
        end
        local base = redis.call('HGET', KEYS[1], 'base')
        if base and string.sub(base, 1, #run) ~= run or needed and not base then
            base = run .. ' ' .. ARGV[3]
            redis.call('HSET', KEYS[1], 'base', base)
        end
        redis.call('EXPIRE', KEYS[1], ARGV[2])
        values[#values + 1] = run
        values[#values + 1] = base
        return values
        """;

    // KEYS: a company's versions. ARGV: the base as it was read, and as it shall be. Not if Redis was emptied meanwhile: what
    // was changed before that may be later than the position. Answers the base as it is.
    private const string SetBaseScript = """
        if redis.call('HGET', KEYS[1], 'base') == ARGV[1] then redis.call('HSET', KEYS[1], 'base', ARGV[2]) end
        return redis.call('HGET', KEYS[1], 'base')
        """;

    private readonly RedisStore _redis;
    private readonly Broadcast _broadcast;
    private readonly TimeProvider _time;
    private readonly PendingInvalidations _pending;
    private readonly PrimaryPosition _primary;

    // Time of the last invalidation per hash slot. Tags share slots; a collision costs one extra version check in Redis, never a load.
    private readonly long[] _heardAt = new long[1 << 18];

    public CacheVersions(RedisStore redis, PendingInvalidations pending, Broadcast broadcast, PrimaryPosition primary, TimeProvider time)
    {
        (_redis, _pending, _broadcast, _primary, _time) = (redis, pending, broadcast, primary, time);
        broadcast.Listen(Topic, OnMessage);
    }

    /// <summary>The names of what changes an entry.</summary>
    public static string[] Names(string key, IEnumerable<string> tags)
        => [Everything, Group(key), .. tags.Select(Tag).Distinct(StringComparer.Ordinal)];

    /// <summary>The name of a tag's version.</summary>
    public static string Tag(string tag) => tag == "*" ? Everything : IsPlain(tag, 64) ? $"t:{tag}" : $"t#{Hash(tag)}";

    /// <summary>The name of the version that a key shares with one in 256 of its company's keys.</summary>
    public static string Group(string key) => $"k:{Digest(key)[0] % Groups}";

    /// <summary>A key as a part of a key in Redis: as it is where that is short and plain, else its hash.</summary>
    public static string Text(string key) => IsPlain(key, 200) ? key : $"#{Hash(key)}";

    /// <summary>The hash slots in which the time of the last invalidation of each name is kept.</summary>
    public int[] SlotsOf(Guid company, string[] names)
        => Array.ConvertAll(names, name => (int)((uint)HashCode.Combine(company, name) % (uint)_heardAt.Length));

    /// <summary>Whether none of the slots was invalidated since a timestamp.</summary>
    public bool IsUnchanged(int[] slots, long since)
    {
        foreach (var slot in slots)
            if (Volatile.Read(ref _heardAt[slot]) >= since) return false;
        return true;
    }

    /// <summary>The versions now; null when Redis does not answer.</summary>
    public async ValueTask<CacheVersion?> ReadAsync(Guid company, string[] names)
    {
        RedisValue[] arguments =
        [
            Make(Made), (long)Life.TotalSeconds, $"{Random.Shared.NextInt64():X16}?", .. names.Select(n => (RedisValue)n),
        ];
        var (answered, result) = await _redis.TryAsync(
            async db => (string?[]?)await db.ScriptEvaluateAsync(ReadScript, [Key(company)], arguments), CancellationToken.None);
        if (!answered || result is null) return null;
        var (atLeast, primaryOnly, pending) = (default(NpgsqlLogSequenceNumber), false, false);
        foreach (var version in result.AsSpan(0, names.Length))
        {
            if (!LastWrites.TryParse(version?[..16], out var lsn)) return null;
            if (lsn == Announced) pending |= Age(version!) < AnnouncedFor;
            else if (lsn > atLeast) atLeast = lsn;
            primaryOnly |= lsn == default && Age(version!) < LastWrites.Memory;
        }
        if (result[^1] is { } text)
        {
            if (await BaseAsync(company, text) is not { } known) primaryOnly = true;
            else if (known > atLeast) atLeast = known;
        }
        return new(Hash(string.Join(' ', result.AsSpan(0, names.Length + 1))), atLeast, primaryOnly || pending, pending);
    }

    /// <summary>The position of a base, read from the primary if nobody has yet; null when that fails.</summary>
    private async ValueTask<NpgsqlLogSequenceNumber?> BaseAsync(Guid company, string text)
    {
        if (Position(text) is { } known) return known;
        if (await _primary.ReadAsync() is not { } read) return null;
        var run = text[..text.IndexOf(' ', StringComparison.Ordinal)];
        var (answered, now) = await _redis.TryAsync(async db => (string?)await db.ScriptEvaluateAsync(
            SetBaseScript, [Key(company)], [text, $"{run} {LastWrites.Format(read)}"]), CancellationToken.None);
        // Another instance may have been first; another run is not what was asked for.
        return answered && now?.StartsWith(run, StringComparison.Ordinal) == true ? Position(now) : null;

        static NpgsqlLogSequenceNumber? Position(string text)
            => LastWrites.TryParse(text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..], out var lsn) ? lsn : null;
    }

    /// <summary>Makes entries old, here at once and everywhere else when Redis has it. Never throws.</summary>
    /// <param name="company">Whose entries.</param>
    /// <param name="names">Which versions change.</param>
    /// <param name="written">The position of the write; null when it is not known.</param>
    /// <returns>Whether everybody can know it.</returns>
    public async ValueTask<bool> ChangeAsync(Guid company, string[] names, NpgsqlLogSequenceNumber? written)
    {
        Note(company, names);
        return await _pending.SendAsync(db => PublishAsync(db, company, names, written));
    }

    /// <summary>Makes entries old that a transaction is about to change; <see cref="ChangeAsync"/> must follow. Never
    /// throws.</summary>
    public async ValueTask AnnounceAsync(Guid company, string[] names)
    {
        Note(company, names);
        await _redis.SendAsync(db => PublishAsync(db, company, names, Announced), CancellationToken.None);
    }

    private async Task PublishAsync(IDatabase db, Guid company, string[] names, NpgsqlLogSequenceNumber? written)
    {
        // A new one each time: a version that may have reached Redis although nobody said so must not come back.
        var version = Make(written);
        // The first before the last on one connection: whoever hears the news finds the new version.
        var set = db.HashSetAsync(Key(company), Array.ConvertAll(names, name => new HashEntry(name, version)));
        var kept = db.KeyExpireAsync(Key(company), Life);
        await _broadcast.SendAsync(Topic, $"{company:N} {string.Join(' ', names)}", CancellationToken.None);
        await set;
        await kept;
    }

    private void OnMessage(string text)
    {
        var parts = text.Split(' ');
        if (Guid.TryParseExact(parts[0], "N", out var company)) Note(company, parts[1..]);
    }

    private void Note(Guid company, string[] names)
    {
        var now = _time.GetTimestamp();
        foreach (var slot in SlotsOf(company, names)) Volatile.Write(ref _heardAt[slot], now);
    }

    // Position, seconds, chance: 16, 8 and 8 hexadecimal digits.
    private string Make(NpgsqlLogSequenceNumber? written) => string.Create(CultureInfo.InvariantCulture,
        $"{LastWrites.Format(written ?? default)}{_time.GetUtcNow().ToUnixTimeSeconds():X8}{Random.Shared.Next():X8}");

    private TimeSpan Age(string version)
        => _time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(version.AsSpan(16, 8), NumberStyles.HexNumber, null));

    private RedisKey Key(Guid company) => $"{_redis.Prefix}:{{{company:N}}}:versions";

    private static bool IsPlain(string text, int most)
        => text.Length is > 0 and var length && length <= most && text[0] != '#' && text.All(c => c is > ' ' and < '\x7f');

    private static string Hash(string text) => Base64Url.EncodeToString(Digest(text).AsSpan(0, 18));

    // Of the characters as they are: an encoding makes the same of all that are not valid.
    private static byte[] Digest(string text) => SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()));
}
