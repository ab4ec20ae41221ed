using OpenTelemetry.Metrics;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// The buckets of <c>http.server.request.duration</c>, in seconds: those that the semantic conventions recommend, and 0.2, which
/// is the limit of an alert (deploy/observability). Between two bounds a quantile is a guess.
/// </summary>
internal static class RequestDuration
{
    public const string Name = "http.server.request.duration";

    public static ExplicitBucketHistogramConfiguration Buckets => new()
    {
        Boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };
}
