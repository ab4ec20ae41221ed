using System.Globalization;
using Microsoft.Extensions.Caching.Memory;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// Where each user last wrote, for 30 seconds, so that the user's next read sees it through any instance.
/// <para>Guarantee: a read that begins after a write was answered goes to a node that has that write. Redis carries the position
/// between instances. When it stops answering, positions of the last 30 seconds may be unknown, so for 30 seconds every signed-in
/// user reads from the primary. After that, only users who wrote through this instance do so; a write through another instance
/// is then covered by the header <c>ScaleHub-Consistency</c> alone. Positions are sent even while this instance has given Redis
/// up for a moment: others may still reach it.</para>
/// <para>A standby that is more than 30 seconds behind gets no reads at all, so forgetting after 30 seconds loses nothing.</para>
/// </summary>
public sealed class LastWrites(RedisStore redis) : IDisposable
{
    /// <summary>How long a write is remembered.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    // Bounded: beyond this many users who wrote within 30 s, the oldest rely on Redis and on the header alone.
    private readonly MemoryCache _local = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    /// <summary>Sets what the tenant's user must see from now on in this unit of work.</summary>
    public async ValueTask RecallAsync(Tenant tenant, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        if (tenant is not { CompanyId: { } company, UserId: { } user }) return;
        var key = Key(company, user);
        var here = _local.TryGetValue(key, out Write? write);
        var (answered, value) = await redis.TryAsync(db => db.StringGetAsync(key), cancellationToken);
        if (!answered)
        {
            if (here && write!.Lsn is { } mine) consistency.Require(mine);
            if (here || redis.SinceAnswer < Memory) consistency.RequirePrimary();
            return;
        }
        if (here && write!.Lsn is { } local) consistency.Require(local);
        if (here && write!.Lsn is null) consistency.RequireFresh();
        if (value.HasValue && TryParse(value!, out var lsn)) consistency.Require(lsn);
    }

    /// <summary>Remembers what this unit of work wrote. Returns when other instances can know it, or when Redis is
    /// gone.</summary>
    public async ValueTask RememberAsync(Tenant tenant, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        if (consistency is { Written: null, WrittenUnknown: false } || tenant is not { CompanyId: { } company, UserId: { } user }) return;
        var key = Key(company, user);
        var lsn = consistency.WrittenUnknown ? null : consistency.Written;
        _local.Set(key, new Write(lsn), new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = Memory, Size = 1 });
        // An unknown position is published as the highest one: every instance then reads from the primary.
        // A late Redis is waited for: until it has the position, an instance that it answers in time would read from before the
        // write.
        Task<bool> Publish(IDatabase db) => db.StringSetAsync(key, Format(lsn ?? ReadConsistency.Unknown), Memory);
        if (!(await redis.AskAsync<bool>(Publish, cancellationToken)).Answered) await redis.SendAsync(Publish, cancellationToken);
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

    private string Key(Guid company, Guid user) => $"{redis.Prefix}:{{{company:N}}}:wrote:{user:N}";

    /// <inheritdoc/>
    public void Dispose() => _local.Dispose();

    private sealed record Write(NpgsqlLogSequenceNumber? Lsn);
}
