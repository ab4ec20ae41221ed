using System.Diagnostics.Metrics;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>Meter <c>ScaleHub.Jobs</c>: what this worker does. Tag <c>kind</c>.</summary>
public sealed class JobMetrics
{
    // Seconds: a job should begin within 0.1, and may take its policy's ten minutes.
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
    };

    private readonly Histogram<double> _waited, _ran;
    private readonly UpDownCounter<long> _running;

    /// <summary>Makes the instruments.</summary>
    public JobMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("ScaleHub.Jobs");
        _waited = meter.CreateHistogram<double>(
            "scalehub.jobs.wait", "s", "From the moment a job could run to its start.", tags: null, Buckets);
        _ran = meter.CreateHistogram<double>(
            "scalehub.jobs.duration", "s", "How long a run took, by how it ended.", tags: null, Buckets);
        _running = meter.CreateUpDownCounter<long>("scalehub.jobs.running", "{job}", "Jobs that this worker is at.");
    }

    /// <summary>A run begins.</summary>
    public void Began(string kind, TimeSpan waited)
    {
        _waited.Record(waited.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
        _running.Add(1, new KeyValuePair<string, object?>("kind", kind));
    }

    /// <summary>A run has ended.</summary>
    public void Ended(string kind, TimeSpan ran, JobOutcome outcome)
    {
        _ran.Record(ran.TotalSeconds, new("kind", kind), new("outcome", EnumNames.WriteColumn(outcome)));
        _running.Add(-1, new KeyValuePair<string, object?>("kind", kind));
    }
}

/// <summary>How a run ended.</summary>
public enum JobOutcome
{
    /// <summary>Done, and committed.</summary>
    Succeeded,

    /// <summary>It failed, and is tried again.</summary>
    Retried,

    /// <summary>It failed for good.</summary>
    Dead,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,

    /// <summary>Given back, because the worker stops.</summary>
    Released,

    /// <summary>The lease was lost: somebody else does it, or has done it.</summary>
    Lost,
}
