using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Core.Platform.Metrics;

/// <summary>
/// Counts this instance's requests by company, endpoint and minute, and writes them to the database every
/// <see cref="FlushEvery"/>.
/// <para>Guarantee: a request is counted once; who is killed loses the last <see cref="FlushEvery"/> at most, and who stops loses
/// nothing. A request puts its sample into a queue and goes on: no allocation, no wait, no lock but that of the queue. A loop
/// adds the samples up.</para>
/// <para>Bounded: <see cref="MostRows"/> companies and minutes, those beyond count in the sum alone; <see cref="Queue"/> samples
/// between two looks of the loop. While the database cannot be written to, minutes are kept for
/// <see cref="KeptWithoutDatabase"/>. What does not fit is dropped and counted (<c>scalehub.metrics.dropped</c>).</para>
/// <para>The sum of all requests, those of nobody among them, is kept like a company's, as that of
/// <see cref="Guid.Empty"/>.</para>
/// </summary>
public sealed class RequestMetrics : BackgroundService
{
    /// <summary>Between two writes.</summary>
    public static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(10);

    /// <summary>Companies and minutes that are kept at a time: 100,000 companies, for the moment between two minutes twice.</summary>
    public const int MostRows = 200_000;

    /// <summary>Samples that wait for the loop.</summary>
    public const int Queue = 65_536;

    /// <summary>Minutes that are older than this and could not be written are dropped.</summary>
    public static readonly TimeSpan KeptWithoutDatabase = TimeSpan.FromMinutes(15);

    /// <summary>The company whose figures are those of all requests.</summary>
    public static readonly Guid Everybody = Guid.Empty;

    private static readonly TimeSpan AddUpEvery = TimeSpan.FromMilliseconds(200);

    private readonly Channel<RequestSample> _samples =
        Channel.CreateBounded<RequestSample>(new BoundedChannelOptions(Queue) { SingleReader = true });

    private readonly Lock _lock = new();
    private readonly Dictionary<(Guid CompanyId, DateTimeOffset Minute), CompanyFigures> _figures = [];
    private readonly HashSet<(Guid CompanyId, DateTimeOffset Minute)> _changed = [];
    private readonly Dictionary<(Guid CompanyId, Guid UserId), DateTimeOffset> _seen = [];

    private DateTimeOffset _latest;

    // A write must not come after one that knew more.
    private readonly SemaphoreSlim _writing = new(1);
    private readonly MetricsStore _store;
    private readonly CacheCounts _lookups;
    private readonly TimeProvider _time;
    private readonly Rounds _addingUp, _writes;
    private readonly Counter<long> _dropped;

    // A process that starts again within the minute begins at 0, and must not write over what it wrote before.
    private readonly string _instance;

    /// <summary>Begins empty.</summary>
    public RequestMetrics(
        MetricsStore store, CacheCounts lookups, InstanceName name, TimeProvider time, IMeterFactory meters, ILogger<RequestMetrics> logger)
    {
        (_store, _lookups, _time) = (store, lookups, time);
        _instance = name.OfThisStart;
        (_addingUp, _writes) = (new("Adding up the requests' metrics", logger), new("Writing the requests' metrics", logger));
        _dropped = meters.Create("ScaleHub.Metrics").CreateCounter<long>(
            "scalehub.metrics.dropped", "{request}", "Requests that are missing in the companies' metrics, because a bound was reached.");
    }

    /// <summary>Companies and minutes that are kept now.</summary>
    internal int Rows
    {
        get
        {
            lock (_lock) return _figures.Count;
        }
    }

    /// <summary>Counts a request.</summary>
    public void Record(in RequestSample sample)
    {
        if (!_samples.Writer.TryWrite(sample)) _dropped.Add(1);
    }

    /// <summary>Writes what has been counted up to now. When that fails, the next call writes it.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            var (rows, seen) = Take();
            try
            {
                if (rows.Count + seen.Count > 0) await _store.WriteAsync(_instance, rows, seen, cancellationToken);
            }
            catch
            {
                PutBack(rows, seen);
                throw;
            }
            ForgetWritten();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Writes what is left; the server has answered its last request by then.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _writes.RunAsync(() => FlushAsync(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _writing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        // Two loops: the queue must not fill up while the database is slow.
        => Task.WhenAll(
            _addingUp.EveryAsync(AddUpEvery, _time, () => { AddUp(); return Task.CompletedTask; }, stoppingToken),
            _writes.EveryAsync(FlushEvery, _time, () => FlushAsync(stoppingToken), stoppingToken));

    /// <summary>Takes the samples out of the queue.</summary>
    internal void AddUp()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            // A clock that is set back goes on in the same minute: one that was written and forgotten must not begin at 0 again.
            var minute = _latest = MinuteOf(now) is var present && present > _latest ? present : _latest;
            while (_samples.Reader.TryRead(out var sample))
            {
                Of(Everybody, minute)!.Add(sample);
                if (sample.CompanyId == Everybody) continue;
                if (Of(sample.CompanyId, minute) is { } company) company.Add(sample);
                else _dropped.Add(1);
                if (sample.UserId != Guid.Empty && _seen.Count < MostRows) _seen[(sample.CompanyId, sample.UserId)] = now;
            }
        }
    }

    private CompanyFigures? Of(Guid company, DateTimeOffset minute)
    {
        var key = (company, minute);
        if (!_figures.TryGetValue(key, out var figures))
        {
            // Everybody has a place, whoever came first.
            if (_figures.Count >= MostRows && company != Everybody) return null;
            _figures[key] = figures = new();
        }
        _changed.Add(key);
        return figures;
    }

    private (List<MinuteRow> Rows, List<SeenUser> Seen) Take()
    {
        AddUp();
        lock (_lock)
        {
            ForgetOld();
            var rows = new List<MinuteRow>(_changed.Count);
            foreach (var key in _changed)
            {
                var figures = _figures[key];
                if ((key.CompanyId == Everybody ? _lookups.Total : _lookups.Find(key.CompanyId)) is { } lookups)
                    figures.AddLookups(lookups.TakeNew());
                rows.Add(new(key.CompanyId, key.Minute, figures.Store()));
            }
            List<SeenUser> seen = [.. _seen.Select(s => new SeenUser(s.Key.CompanyId, s.Key.UserId, s.Value))];
            _changed.Clear();
            _seen.Clear();
            return (rows, seen);
        }
    }

    private void PutBack(List<MinuteRow> rows, List<SeenUser> seen)
    {
        lock (_lock)
        {
            foreach (var row in rows) _changed.Add((row.CompanyId, row.Minute));
            foreach (var user in seen.TakeWhile(_ => _seen.Count < MostRows)) _seen.TryAdd((user.CompanyId, user.UserId), user.At);
        }
    }

    private void ForgetWritten()
    {
        lock (_lock)
        {
            foreach (var key in _figures.Keys.Where(k => k.Minute < _latest && !_changed.Contains(k)).ToList()) _figures.Remove(key);
        }
    }

    private void ForgetOld()
    {
        var oldest = MinuteOf(_time.GetUtcNow()) - KeptWithoutDatabase;
        foreach (var key in _changed.Where(key => key.Minute < oldest).ToList())
        {
            if (key.CompanyId == Everybody) _dropped.Add(_figures[key].Sum().Requests);
            _figures.Remove(key);
            _changed.Remove(key);
        }
    }

    private static DateTimeOffset MinuteOf(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
}
