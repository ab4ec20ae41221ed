using System.Diagnostics.Metrics;

namespace ScaleHub.Http.RateLimiting;

/// <summary>Meter <c>ScaleHub.RateLimits</c>: who decided, and what was refused.</summary>
public sealed class RateLimitMetrics
{
    /// <summary>Redis decided on this request.</summary>
    internal const string Redis = "redis";

    /// <summary>Redis had admitted it beforehand.</summary>
    internal const string Reservation = "reservation";

    /// <summary>This instance decided by itself.</summary>
    internal const string Process = "process";

    private readonly Counter<long> _decisions, _refusals;
    private volatile bool _inProcess;

    /// <summary>Makes the instruments.</summary>
    public RateLimitMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("ScaleHub.RateLimits");
        _decisions = meter.CreateCounter<long>("scalehub.ratelimit.decisions", "{request}",
            "Requests that were admitted or refused, by who decided: redis, reservation (Redis beforehand), or process without Redis.");
        _refusals = meter.CreateCounter<long>("scalehub.ratelimit.refusals", "{request}",
            "Requests that were refused, by policy.");
        meter.CreateObservableGauge("scalehub.ratelimit.in_process", () => _inProcess ? 1 : 0, "{instance}",
            "1 while this instance limits its own share, because Redis does not answer.");
    }

    /// <summary>Who decided last.</summary>
    internal bool InProcess => _inProcess;

    /// <summary>A request was decided on.</summary>
    internal void Decided(string by)
    {
        // What was reserved says nothing about Redis now.
        if (by != Reservation) _inProcess = by == Process;
        _decisions.Add(1, new KeyValuePair<string, object?>("by", by));
    }

    /// <summary>A policy refused a request.</summary>
    public void Refused(string policy) => _refusals.Add(1, new KeyValuePair<string, object?>("policy", policy));
}
