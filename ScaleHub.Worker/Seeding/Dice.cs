using System.Buffers.Binary;

namespace ScaleHub.Worker.Seeding;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): small, fast, and unlike <see cref="Random"/> the same in every version of
/// .NET.
/// </summary>
internal struct Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Dice for one thing among many: numbers that differ in one bit give unrelated streams.</summary>
    public static Dice For(params ReadOnlySpan<long> numbers)
    {
        var dice = new Dice(0x5CA1E);
        foreach (var number in numbers) dice = new(dice.Next() ^ (ulong)number);
        return new(dice.Next());
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 to below <paramref name="limit"/>.</summary>
    public int Below(int limit) => (int)(((UInt128)Next() * (ulong)limit) >> 64);

    public bool Chance(double probability) => Unit() < probability;

    public string Pick(string[] words) => words[Below(words.Length)];

    /// <summary>A UUIDv7 (RFC 9562, 5.7) of the given time.</summary>
    public Guid Uuid7(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)at.ToUnixTimeMilliseconds() << 16) | 0x7000 | (Next() & 0x0FFF));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (Next() >> 2) | 0x8000000000000000);
        return new(bytes, bigEndian: true);
    }
}
