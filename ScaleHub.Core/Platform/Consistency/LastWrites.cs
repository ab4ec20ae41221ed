using System.Collections.Concurrent;
using System.Globalization;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// Where each user last wrote, for 30 seconds, so that the user's next read sees it through any instance.
/// <para>Guarantee: a read that begins after a write was answered goes to a node that has that write. Before a write is answered, its
/// position is in Redis and sent to all instances (<see cref="Broadcast"/>). An instance that has heard everything for 30 seconds
/// knows all positions that matter as soon as it has caught up, which all requests that wait at the moment do together; any other
/// instance asks Redis for the user's.</para>
/// <para>When Redis stops answering, positions of the last 30 seconds may be unknown, so for 30 seconds every signed-in
/// user reads from the primary. After that, only users who wrote through this instance do so; a write through another instance
/// is then covered by the header <c>ScaleHub-Consistency</c> alone. Positions are sent even while this instance has given Redis
/// up for a moment: others may still reach it.</para>
/// <para>A standby that is more than 30 seconds behind gets no reads at all, so forgetting after 30 seconds loses nothing. At most
/// 100,000 positions are kept here; beyond, the instance asks Redis for 30 seconds.</para>
/// </summary>
public sealed class LastWrites
{
    /// <summary>How long a write is remembered.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private const string Topic = "wrote";
    private const int Capacity = 100_000;

    private readonly RedisStore _redis;
    private readonly Broadcast _broadcast;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private volatile Positions _positions;
    private long _lostAt;

    /// <summary>Listens to the writes of the other instances.</summary>
    public LastWrites(RedisStore redis, Broadcast broadcast, TimeProvider time)
    {
        (_redis, _broadcast, _time) = (redis, broadcast, time);
        _positions = new(time.GetTimestamp(), [], []);
        broadcast.Listen(Topic, OnMessage);
    }

    /// <summary>Sets what the tenant's user must see from now on in this unit of work.</summary>
    public async ValueTask RecallAsync(Tenant tenant, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        if (tenant is not { CompanyId: { } company, UserId: { } user }) return;
        // In this order: what is heard while this instance catches up counts, too. Not cancelled, as it takes 300 ms at most.
        var knowsAll = KnowsAll() && await _broadcast.CatchUpAsync() && KnowsAll();
        var here = Find(new(company, user));
        if (here is { } position) consistency.Require(position);
        if (knowsAll) return;
        var (answered, value) = await _redis.TryAsync(db => db.StringGetAsync(Key(company, user)), cancellationToken);
        if (!answered && (here is not null || _redis.SinceAnswer < Memory)) consistency.RequirePrimary();
        if (value.HasValue && TryParse(value!, out var lsn)) consistency.Require(lsn);
    }

    /// <summary>Remembers what this unit of work wrote. Returns when other instances can know it, or when Redis is
    /// gone.</summary>
    public async ValueTask RememberAsync(Tenant tenant, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        if (consistency is { Written: null, WrittenUnknown: false } || tenant is not { CompanyId: { } company, UserId: { } user }) return;
        // In place of an unknown position stands the highest one: every instance then reads from the primary.
        var lsn = consistency.WrittenUnknown ? ReadConsistency.Unknown : consistency.Written!.Value;
        Note(new(company, user), lsn);
        // A late Redis is waited for: until it has the position, an instance that it answers in time would read from before the
        // write.
        async Task<bool> PublishAsync(IDatabase db)
        {
            await Task.WhenAll(db.StringSetAsync(Key(company, user), Format(lsn), Memory),
                _broadcast.PublishAsync(db, Topic, $"{company:N}{user:N}{Format(lsn)}"));
            return true;
        }
        if (!(await _redis.AskAsync<bool>(PublishAsync, cancellationToken)).Answered) await _redis.SendAsync(PublishAsync, cancellationToken);
    }

    private bool KnowsAll()
        => _broadcast.HasHeardFor(Memory) && (Volatile.Read(ref _lostAt) is not (not 0 and var at) || _time.GetElapsedTime(at) > Memory);

    private NpgsqlLogSequenceNumber? Find(Writer writer)
    {
        var positions = _positions;
        return positions.Young.TryGetValue(writer, out var write) || positions.Old.TryGetValue(writer, out write)
            ? _time.GetElapsedTime(write.At) <= Memory ? write.Lsn : null
            : null;
    }

    private void Note(Writer writer, NpgsqlLogSequenceNumber lsn)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            // News of two instances may overtake each other.
            var last = Find(writer) is { } known && known > lsn ? known : lsn;
            var isOver = _time.GetElapsedTime(_positions.Since) > Memory;
            if (isOver || _positions.Noted >= Capacity / 2)
            {
                // What is forgotten is too old to matter, unless there was too much of it.
                if (!isOver && !_positions.Old.IsEmpty) Volatile.Write(ref _lostAt, now);
                _positions = new(now, [], _positions.Young);
            }
            _positions.Young[writer] = new(last, now);
            _positions.Noted++;
        }
    }

    private void OnMessage(string text)
    {
        const int Id = 32;
        if (text.Length == (2 * Id) + 16 && Guid.TryParseExact(text.AsSpan(0, Id), "N", out var company)
            && Guid.TryParseExact(text.AsSpan(Id, Id), "N", out var user) && TryParse(text[(2 * Id)..], out var lsn))
        {
            Note(new(company, user), lsn);
        }
    }

    /// <summary>The text form of a position: sixteen hexadecimal digits.</summary>
    public static string Format(NpgsqlLogSequenceNumber lsn) => ((ulong)lsn).ToString("X16", CultureInfo.InvariantCulture);

    /// <summary>Reads the text form of a position.</summary>
    public static bool TryParse(string? text, out NpgsqlLogSequenceNumber lsn)
    {
        var valid = ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && text!.Length == 16;
        lsn = new(valid ? value : 0);
        return valid;
    }

    private string Key(Guid company, Guid user) => $"{_redis.Prefix}:{{{company:N}}}:wrote:{user:N}";

    private readonly record struct Writer(Guid Company, Guid User);

    private readonly record struct Write(NpgsqlLogSequenceNumber Lsn, long At);

    /// <summary>Those since a moment, and those of the period before it.</summary>
    private sealed record Positions(long Since, ConcurrentDictionary<Writer, Write> Young, ConcurrentDictionary<Writer, Write> Old)
    {
        // The dictionary takes all its locks to count.
        public int Noted;
    }
}
