using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ScaleHub.Testing;

/// <summary>What one meter of one host tells, whatever other hosts there are in the process of the tests.</summary>
public sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Name, double Value, string Tags)> _seen = new();

    /// <summary>Listens to a meter (<c>ScaleHub.Cache</c>) from now on.</summary>
    public Measurements(IServiceProvider host, string meter)
    {
        var meters = host.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter && instrument.Meter.Scope == meters) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What a counter has added up since the beginning, by its tags' values in their order, with blanks between.</summary>
    public Dictionary<string, double> Sums(string counter)
        => _seen.Where(s => s.Name == counter).GroupBy(s => s.Tags).ToDictionary(g => g.Key, g => g.Sum(s => s.Value));

    /// <summary>What a gauge shows at the moment, by its tags' values.</summary>
    public Dictionary<string, double> Shown(string gauge)
    {
        _seen.Clear();
        _listener.RecordObservableInstruments();
        return Sums(gauge);
    }

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<object?> values = [];
        foreach (var tag in tags) values.Add(tag.Value);
        _seen.Enqueue((instrument.Name, value, string.Join(' ', values)));
    }
}
