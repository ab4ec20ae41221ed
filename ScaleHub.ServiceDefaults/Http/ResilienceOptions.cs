using System.ComponentModel.DataAnnotations;

namespace ScaleHub.ServiceDefaults.Http;

/// <summary>Section <c>OutgoingHttp</c>: how requests to other services behave when those are slow or fail.</summary>
public sealed class ResilienceOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OutgoingHttp";

    /// <summary>Seconds for a request with all its retries.</summary>
    [Range(0.1, 90)] public double TotalTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds for each attempt, until the response's headers are there.</summary>
    [Range(0.1, 90)] public double AttemptTimeoutSeconds { get; set; } = 10;

    /// <summary>Further attempts after the first; for idempotent methods alone.</summary>
    [Range(0, 10)] public int Retries { get; set; } = 3;

    /// <summary>Milliseconds before the first retry, doubled for each further one, with jitter. <c>Retry-After</c> overrides
    /// it.</summary>
    [Range(1, 60_000)] public int RetryDelayMs { get; set; } = 200;

    /// <summary>Share of failures from which the circuit opens: then requests fail at once.</summary>
    [Range(0.01, 1)] public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>The circuit opens only when so many attempts were made within <see cref="BreakerSamplingSeconds"/>.</summary>
    [Range(2, 100_000)] public int BreakerMinimumAttempts { get; set; } = 20;

    /// <summary>Seconds over which failures are counted.</summary>
    [Range(0.5, 600)] public double BreakerSamplingSeconds { get; set; } = 30;

    /// <summary>Seconds for which the circuit stays open; then one attempt decides.</summary>
    [Range(0.5, 600)] public double BreakSeconds { get; set; } = 5;
}
