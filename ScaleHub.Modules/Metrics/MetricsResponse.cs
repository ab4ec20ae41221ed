using System.Globalization;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Http.Metrics;

namespace ScaleHub.Modules.Metrics;

/// <summary>How requests went in a span of time.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Step">What a point of the series stands for.</param>
/// <param name="Total">All of it.</param>
/// <param name="Series">In the order of time; points without requests are left out.</param>
/// <param name="Endpoints">By endpoint, the one with most requests first; at most 100.</param>
/// <param name="ActiveUsers">People who made requests.</param>
public sealed record MetricsResponse(
    DateTimeOffset From, DateTimeOffset To, MetricStep Step, Figures Total, IReadOnlyList<PointOfMetrics> Series,
    IReadOnlyList<EndpointOfMetrics> Endpoints, ActiveUsers ActiveUsers);

/// <summary>How requests went.</summary>
/// <param name="Requests">How many there were, those with an error or refused too.</param>
/// <param name="RequestsPerMinute">On average.</param>
/// <param name="Errors">Answers with status 500 or more.</param>
/// <param name="ErrorPercent">Of all requests.</param>
/// <param name="Throttled">Answers with status 429.</param>
/// <param name="P50Ms">Half took no longer than this, in milliseconds, within 1 %; null without requests. Those with status 429
/// are not in it.</param>
/// <param name="P95Ms">95 of 100 took no longer.</param>
/// <param name="P99Ms">99 of 100 took no longer.</param>
/// <param name="CacheHitPercent">Lookups in the cache that needed no load; null without lookups.</param>
public sealed record Figures(
    long Requests, double RequestsPerMinute, long Errors, double ErrorPercent, long Throttled, double? P50Ms, double? P95Ms,
    double? P99Ms, double? CacheHitPercent)
{
    internal static Figures Of(CompanyFigures figures, TimeSpan span) => Of(figures.Sum(), span, figures.CacheLookups, figures.CacheHits);

    internal static Figures Of(RequestFigures sum, TimeSpan span, long lookups = 0, long hits = 0) => new(
        sum.Requests, Math.Round(sum.Requests / Math.Max(span.TotalMinutes, 1.0 / 60), 2), sum.Errors,
        Percent(sum.Errors, sum.Requests) ?? 0, sum.Throttled, Ms(sum, 0.5), Ms(sum, 0.95), Ms(sum, 0.99), Percent(hits, lookups));

    internal static double? Percent(long part, long of) => of == 0 ? null : Math.Round(100.0 * part / of, 2);

    private static double? Ms(RequestFigures sum, double quantile)
        => sum.Durations.Quantile(quantile) is { } ms ? Math.Round(ms, 3) : null;
}

/// <summary>A point of a series.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Figures">What happened in it.</param>
public sealed record PointOfMetrics(DateTimeOffset At, Figures Figures);

/// <summary>What happened at one endpoint.</summary>
/// <param name="Endpoint">Method and route, as <c>GET /api/v1/tasks/{id}</c>.</param>
/// <param name="Figures">How its requests went; the cache is not counted by endpoint.</param>
/// <param name="SlowestMs">Milliseconds that the slowest one took; null when none has a trace.</param>
/// <param name="SlowestTraceId">Where to look for it in traces and logs.</param>
public sealed record EndpointOfMetrics(string Endpoint, Figures Figures, double? SlowestMs, string? SlowestTraceId);

/// <summary>How many people made a request, exact to a minute. API keys are no people.</summary>
/// <param name="Last15Minutes">In the last 15 minutes.</param>
/// <param name="Last24Hours">In the last 24 hours.</param>
/// <param name="Last30Days">In the last 30 days.</param>
public sealed record ActiveUsers(long Last15Minutes, long Last24Hours, long Last30Days);

/// <summary>Names and rounds what was read.</summary>
internal static class MetricsAnswer
{
    private const int MostEndpoints = 100;

    public static MetricsResponse From(
        MetricsRange range, MetricsSeries series, ActiveUsers users, EndpointNames names)
    {
        var total = series.Total;
        var span = range.To - range.From;
        return new(range.From, range.To, range.Step, Figures.Of(total, span),
            [.. series.Points.Select(p => new PointOfMetrics(p.Key,
                Figures.Of(p.Value.Sum, SpanOf(p.Key, range), p.Value.CacheLookups, p.Value.CacheHits)))],
            [.. total.Endpoints.OrderByDescending(e => e.Value.Requests).ThenBy(e => e.Key).Take(MostEndpoints)
                .Select(e => Describe(names.Find(e.Key), e.Value, span))],
            users);
    }

    private static EndpointOfMetrics Describe(string name, RequestFigures figures, TimeSpan span) => new(name, Figures.Of(figures, span),
        figures.SlowestTrace == 0 ? null : Math.Round(figures.Slowest.TotalMilliseconds, 3),
        figures.SlowestTrace == 0 ? null : figures.SlowestTrace.ToString("x32", CultureInfo.InvariantCulture));

    // The last point is not over.
    private static TimeSpan SpanOf(DateTimeOffset start, MetricsRange range)
    {
        var end = start + range.Step.Length();
        return (end < range.To ? end : range.To) - start;
    }
}
