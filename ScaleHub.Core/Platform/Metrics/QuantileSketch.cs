namespace ScaleHub.Core.Platform.Metrics;

/// <summary>
/// How long many requests took, in little memory, such that sketches add up: of minutes to an hour, of instances to all.
/// <para>Guarantee: a quantile is at most <see cref="RelativeError"/> away from the value that has this rank among all that were
/// added, for values from 1 µs to 14 minutes; what is outside counts as the nearest of them. Adding two sketches loses nothing:
/// the sum is what one sketch of all the values would be. It has at most 1,040 buckets, whatever is added.</para>
/// <para>Source: Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees",
/// PVLDB 12 (12), 2019. Buckets are kept as a sorted list of those that are not empty: most minutes of a company have few.</para>
/// <para>Not safe for several threads at once.</para>
/// </summary>
public sealed class QuantileSketch
{
    /// <summary>1 %.</summary>
    public const double RelativeError = 0.01;

    private const int MostBuckets = 1040;
    private const double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private static readonly double PerLog = 1 / Math.Log(Gamma);

    private ushort[] _buckets = [];
    private long[] _counts = [];
    private int _used;

    /// <summary>How many values were added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a value.</summary>
    public void Add(TimeSpan value) => AddTo(BucketOf(value.TotalMicroseconds), 1);

    /// <summary>Adds all values of another sketch.</summary>
    public void Add(QuantileSketch other)
    {
        for (var i = 0; i < other._used; i++) AddTo(other._buckets[i], other._counts[i]);
    }

    /// <summary>The value that so much of all values are not above, in milliseconds; null without values.</summary>
    /// <param name="quantile">From 0 to 1; 0.95 for the 95th percentile.</param>
    public double? Quantile(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quantile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        if (Count == 0) return null;
        var rank = (long)(quantile * (Count - 1));
        var place = 0;
        for (var seen = _counts[0]; seen <= rank; seen += _counts[place]) place++;
        // The middle of the bucket, by which the error is the same to both sides.
        return 2 * Math.Pow(Gamma, _buckets[place]) / (Gamma + 1) / 1000;
    }

    /// <summary>Appends the sketch to what is to be stored: varints of the number of buckets, and of each distance and
    /// count.</summary>
    internal void Write(List<byte> to)
    {
        Varint.Write(to, (ulong)_used);
        var last = 0;
        for (var i = 0; i < _used; i++)
        {
            Varint.Write(to, (ulong)(_buckets[i] - last));
            Varint.Write(to, (ulong)_counts[i]);
            last = _buckets[i];
        }
    }

    /// <summary>Adds what <see cref="Write"/> has stored.</summary>
    internal void Read(ref ReadOnlySpan<byte> from)
    {
        var used = Varint.Read(ref from);
        var bucket = 0UL;
        for (var i = 0UL; i < used; i++)
        {
            bucket += Varint.Read(ref from);
            if (bucket >= MostBuckets) throw new FormatException("A stored sketch has a bucket that there is not.");
            AddTo((ushort)bucket, (long)Varint.Read(ref from));
        }
    }

    private static ushort BucketOf(double microseconds)
        => microseconds <= 1 ? (ushort)0 : (ushort)Math.Min(MostBuckets - 1, (int)Math.Ceiling(Math.Log(microseconds) * PerLog));

    private void AddTo(ushort bucket, long count)
    {
        Count += count;
        var place = Array.BinarySearch(_buckets, 0, _used, bucket);
        if (place >= 0)
        {
            _counts[place] += count;
            return;
        }
        place = ~place;
        if (_used == _buckets.Length)
        {
            var room = Math.Max(4, _used * 2);
            Array.Resize(ref _buckets, room);
            Array.Resize(ref _counts, room);
        }
        Array.Copy(_buckets, place, _buckets, place + 1, _used - place);
        Array.Copy(_counts, place, _counts, place + 1, _used - place);
        _buckets[place] = bucket;
        _counts[place] = count;
        _used++;
    }
}

/// <summary>Whole numbers in as few bytes as they need, seven bits to a byte, the lowest first (LEB128).</summary>
internal static class Varint
{
    public static void Write(List<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7) to.Add((byte)(value | 0x80));
        to.Add((byte)value);
    }

    /// <exception cref="FormatException">It ends in the middle of a number.</exception>
    public static ulong Read(ref ReadOnlySpan<byte> from)
    {
        var value = 0UL;
        for (var (i, shift) = (0, 0); i < from.Length && shift < 64; i++, shift += 7)
        {
            value |= (ulong)(from[i] & 0x7F) << shift;
            if (from[i] >= 0x80) continue;
            from = from[(i + 1)..];
            return value;
        }
        throw new FormatException("Stored figures end in the middle of a number.");
    }
}
