using System.Diagnostics.Metrics;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// How full the pools of this process are, read from Npgsql's own meter (<c>db.client.connection.count</c>, by the pool's name;
/// the semantic conventions of OpenTelemetry for databases). Costs nothing until it is asked.
/// </summary>
public sealed class PoolUse : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private Dictionary<string, (int Idle, int Used)> _counts = [];

    /// <summary>Begins to listen.</summary>
    public PoolUse()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Npgsql", Name: "db.client.connection.count" }) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((_, count, tags, _) => Count(count, tags));
        _listener.Start();
    }

    /// <summary>Connections by pool name: idle in the pool, and in use.</summary>
    public IReadOnlyDictionary<string, (int Idle, int Used)> Read()
    {
        lock (_lock)
        {
            _counts = [];
            _listener.RecordObservableInstruments();
            return _counts;
        }
    }

    // Called by RecordObservableInstruments, under the lock.
    private void Count(int count, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? pool = null, state = null;
        foreach (var (key, value) in tags)
        {
            if (key == "db.client.connection.pool.name") pool = value as string;
            if (key == "db.client.connection.state") state = value as string;
        }
        if (pool is null) return;
        var (idle, used) = _counts.GetValueOrDefault(pool);
        _counts[pool] = state == "used" ? (idle, used + count) : (idle + count, used);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
