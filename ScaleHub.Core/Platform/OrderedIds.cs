namespace ScaleHub.Core.Platform;

/// <summary>
/// Identifiers in the order in which this process makes them (RFC 9562, 6.2, method 3): Entity Framework inserts rows in the
/// order of their keys, and jobs with one ordering key must be inserted in the order in which they were added. Entries of the audit
/// log are listed in the order in which they were made.
/// </summary>
public static class OrderedIds
{
    private static readonly Lock Gate = new();
    private static long _last;

    /// <summary>The least UUIDv7 of a moment, as <c>uuid7_floor</c> in the database; before 1970 there are none.</summary>
    public static Guid Floor(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(at < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : at).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6..].Clear();
        return new(bytes, bigEndian: true);
    }

    /// <summary>A new one, greater than all that this process has made.</summary>
    /// <param name="now">The moment that it begins with, unless the last one is later.</param>
    public static Guid Next(DateTimeOffset now)
    {
        long milliseconds;
        int counter;
        lock (Gate)
        {
            // Milliseconds, then 12 bits that count within one.
            var first = now.ToUnixTimeMilliseconds() << 12;
            _last = Math.Max(first, _last + 1);
            (milliseconds, counter) = (_last >> 12, (int)(_last & 0xFFF));
        }
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)).TryWriteBytes(bytes, bigEndian: true, out _);
        (bytes[6], bytes[7]) = ((byte)(0x70 | (counter >> 8)), (byte)counter);
        return new(bytes, bigEndian: true);
    }
}
