using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>What is cached: UTF-8 JSON, and a short text that goes with it (a page's <c>Link</c> header), if any.</summary>
public readonly record struct CacheValue(byte[] Json, string? Note = null);

/// <summary>Which entry: of a company, or of nobody (<see cref="Guid.Empty"/>), which everybody shares.</summary>
internal readonly record struct EntryKey(Guid Company, string Key);

/// <summary>
/// A cached value, and what is known of how current it is. What was loaded never changes; what is known is replaced by a copy.
/// </summary>
internal sealed record CacheEntry
{
    private const byte Format = 1;
    private const int Header = 1 + 8 + 8 + 8 + 2;

    public required CacheValue Value { get; init; }

    /// <summary>A weak entity tag (RFC 9110, 8.8.1), as the bytes on the wire differ with their compression.</summary>
    public required string ETag { get; init; }

    /// <summary>Unix time in ms: from when on it is loaded again behind a hit.</summary>
    public required long RefreshAt { get; init; }

    /// <summary>Unix time in ms: until when it is current.</summary>
    public required long ExpiresAt { get; init; }

    /// <summary>Unix time in ms: until when it may be served when the load fails.</summary>
    public required long StaleUntil { get; init; }

    /// <summary>The name of the versions that it was loaded under; null when Redis did not tell.</summary>
    public string? Version { get; init; }

    /// <summary>Timestamp before its load began: an invalidation that arrives later makes it old.</summary>
    public long StartedAt { get; init; }

    /// <summary>The broadcast's epoch at that time. In another epoch invalidations may have been missed.</summary>
    public long Epoch { get; init; }

    /// <summary>It has every write up to this position, as far as it was asked for.</summary>
    public NpgsqlLogSequenceNumber AsOf { get; init; }

    /// <summary>What changes it: its company, tags and key, as numbers of <see cref="CacheVersions"/>.</summary>
    public int[] Slots { get; init; } = [];

    /// <summary>Timestamp of the next attempt to load it, after one that failed; 0 when none failed.</summary>
    public long NextAttemptAt { get; init; }

    public CacheStatistics? Statistics { get; init; }

    /// <summary>1 once somebody loads it again behind a hit.</summary>
    public int Refreshing;

    public static CacheEntry Create(CacheValue value, long now, TimeSpan expiration, TimeSpan staleFor)
    {
        // Entries that were made together must not end together, nor be refreshed together.
        var life = expiration.TotalMilliseconds * (1 - (Random.Shared.NextDouble() / 10));
        return new()
        {
            Value = value,
            ETag = Tag(value),
            RefreshAt = now + (long)(life * 0.8),
            ExpiresAt = now + (long)life,
            StaleUntil = now + (long)(life + staleFor.TotalMilliseconds),
        };
    }

    /// <summary>What Redis keeps: a format, times, the note, the JSON.</summary>
    public byte[] Write()
    {
        var note = Value.Note ?? "";
        var length = Encoding.UTF8.GetByteCount(note);
        var bytes = new byte[Header + length + Value.Json.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), RefreshAt);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), ExpiresAt);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(17), StaleUntil);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(25), checked((ushort)length));
        Encoding.UTF8.GetBytes(note, bytes.AsSpan(Header));
        Value.Json.CopyTo(bytes.AsSpan(Header + length));
        return bytes;
    }

    /// <summary>The entry, or null when the bytes are of another format.</summary>
    public static CacheEntry? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Header || bytes[0] != Format) return null;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[25..]);
        if (bytes.Length < Header + length) return null;
        var value = new CacheValue(bytes[(Header + length)..].ToArray(),
            length == 0 ? null : Encoding.UTF8.GetString(bytes.Slice(Header, length)));
        return new()
        {
            Value = value,
            ETag = Tag(value),
            RefreshAt = BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]),
            ExpiresAt = BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]),
            StaleUntil = BinaryPrimitives.ReadInt64LittleEndian(bytes[17..]),
        };
    }

    private static string Tag(CacheValue value)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(value.Json, hash);
        return $"W/\"{Base64Url.EncodeToString(hash[..12])}\"";
    }
}
