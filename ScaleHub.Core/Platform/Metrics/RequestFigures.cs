using System.Buffers.Binary;

namespace ScaleHub.Core.Platform.Metrics;

/// <summary>Requests of one endpoint, or of all: how many, how they ended, how long they took. Figures add up.</summary>
public sealed class RequestFigures
{
    /// <summary>All of them, those that were refused too.</summary>
    public long Requests { get; private set; }

    /// <summary>Those that were answered with 500 or more.</summary>
    public long Errors { get; private set; }

    /// <summary>Those that were answered with 429.</summary>
    public long Throttled { get; private set; }

    /// <summary>How long they took, from the first byte to the end of the answer; those with 429 are left out.</summary>
    public QuantileSketch Durations { get; } = new();

    /// <summary>How long the slowest one took; zero when none has a trace.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>The trace of the slowest one (W3C Trace Context).</summary>
    public UInt128 SlowestTrace { get; private set; }

    /// <summary>Adds a request.</summary>
    public void Add(in RequestSample sample)
    {
        Requests++;
        if (sample.Status >= 500) Errors++;
        // A company that is refused in no time must not look faster for it.
        if (sample.Status == 429)
        {
            Throttled++;
            return;
        }
        Durations.Add(sample.Took);
        Keep(sample.Took, sample.Trace);
    }

    /// <summary>Adds sums, of whose durations nothing is known.</summary>
    internal void AddSums(StoredFigures stored)
        => (Requests, Errors, Throttled) = (Requests + stored.Requests, Errors + stored.Errors, Throttled + stored.Throttled);

    /// <summary>Adds others.</summary>
    public void Add(RequestFigures other)
    {
        (Requests, Errors, Throttled) = (Requests + other.Requests, Errors + other.Errors, Throttled + other.Throttled);
        Durations.Add(other.Durations);
        Keep(other.Slowest, other.SlowestTrace);
    }

    private void Keep(TimeSpan took, UInt128 trace)
    {
        if (took > Slowest && trace != 0) (Slowest, SlowestTrace) = (took, trace);
    }

    internal void Write(List<byte> to)
    {
        Varint.Write(to, (ulong)Requests);
        Varint.Write(to, (ulong)Errors);
        Varint.Write(to, (ulong)Throttled);
        Durations.Write(to);
        // Less than a microsecond counts as none.
        var slowest = (ulong)Slowest.TotalMicroseconds;
        Varint.Write(to, slowest);
        if (slowest == 0) return;
        Span<byte> trace = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(trace, SlowestTrace);
        to.AddRange(trace);
    }

    internal void Read(ref ReadOnlySpan<byte> from)
    {
        Requests += (long)Varint.Read(ref from);
        Errors += (long)Varint.Read(ref from);
        Throttled += (long)Varint.Read(ref from);
        Durations.Read(ref from);
        var slowest = Varint.Read(ref from);
        if (slowest == 0) return;
        if (from.Length < 16) throw new FormatException("Stored figures end in the middle of a trace's identifier.");
        Keep(TimeSpan.FromMicroseconds(slowest), BinaryPrimitives.ReadUInt128BigEndian(from));
        from = from[16..];
    }
}

/// <summary>
/// A company's requests in some span, by endpoint, and its lookups in the cache: a row of <c>request_metrics</c> or
/// <c>request_metrics_rollups</c>. Figures add up.
/// </summary>
public sealed class CompanyFigures
{
    // The first byte of what is stored, so that another form can be told from this one.
    private const byte Form = 1;

    private readonly Dictionary<uint, RequestFigures> _endpoints = [];

    /// <summary>By <see cref="EndpointId"/>.</summary>
    public IReadOnlyDictionary<uint, RequestFigures> Endpoints => _endpoints;

    /// <summary>Lookups in the cache.</summary>
    public long CacheLookups { get; private set; }

    /// <summary>Lookups that needed no load.</summary>
    public long CacheHits { get; private set; }

    /// <summary>Adds a request.</summary>
    public void Add(in RequestSample sample) => Of(sample.Endpoint).Add(sample);

    /// <summary>Adds lookups in the cache.</summary>
    public void AddLookups((long Lookups, long Hits) more) => (CacheLookups, CacheHits) = (CacheLookups + more.Lookups, CacheHits + more.Hits);

    /// <summary>Adds others.</summary>
    public void Add(CompanyFigures other)
    {
        AddLookups((other.CacheLookups, other.CacheHits));
        foreach (var (endpoint, figures) in other._endpoints) Of(endpoint).Add(figures);
    }

    /// <summary>All endpoints together.</summary>
    public RequestFigures Sum()
    {
        var all = new RequestFigures();
        foreach (var figures in _endpoints.Values) all.Add(figures);
        return all;
    }

    /// <summary>As they are stored.</summary>
    public StoredFigures Store()
    {
        var sum = Sum();
        return new(sum.Requests, sum.Errors, sum.Throttled, CacheLookups, CacheHits, WriteEndpoints());
    }

    /// <summary>
    /// Reads figures as they were stored. Those in a form that this program does not know, as of a later version, count with their
    /// sums alone, for <see cref="EndpointId.Unreadable"/>: one row must not keep all others from being read.
    /// </summary>
    public static CompanyFigures Read(StoredFigures stored)
    {
        var read = new CompanyFigures();
        try
        {
            read.ReadEndpoints(stored.Endpoints);
        }
        catch (FormatException)
        {
            read._endpoints.Clear();
            read.Of(EndpointId.Unreadable).AddSums(stored);
        }
        read.AddLookups((stored.CacheLookups, stored.CacheHits));
        return read;
    }

    private byte[] WriteEndpoints()
    {
        var bytes = new List<byte> { Form };
        Varint.Write(bytes, (ulong)_endpoints.Count);
        foreach (var (endpoint, figures) in _endpoints)
        {
            Varint.Write(bytes, endpoint);
            figures.Write(bytes);
        }
        return [.. bytes];
    }

    private void ReadEndpoints(ReadOnlySpan<byte> stored)
    {
        if (stored is not [Form, ..]) throw new FormatException("Stored figures are in a form that this program does not know.");
        stored = stored[1..];
        for (var left = Varint.Read(ref stored); left > 0; left--) Of((uint)Varint.Read(ref stored)).Read(ref stored);
    }

    private RequestFigures Of(uint endpoint)
    {
        if (_endpoints.TryGetValue(endpoint, out var figures)) return figures;
        return _endpoints[endpoint] = new();
    }
}

/// <summary>A row of the tables: sums that SQL can read, and <see cref="CompanyFigures.Endpoints"/> with their sketches.</summary>
public sealed record StoredFigures(long Requests, long Errors, long Throttled, long CacheLookups, long CacheHits, byte[] Endpoints);

/// <summary>
/// A number for an endpoint's name (<c>GET /api/v1/tasks/{id}</c>) that is the same in every process and version, so that rows
/// need not have the name: FNV-1a, 32 bits. A test looks that no two endpoints have the same one.
/// </summary>
public static class EndpointId
{
    /// <summary>Figures that this version cannot read.</summary>
    public const uint Unreadable = 0;

    /// <summary>Of a name.</summary>
    public static uint Of(string name)
    {
        var hash = 2166136261u;
        foreach (var character in name) hash = (hash ^ character) * 16777619u;
        return hash;
    }
}
