using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Metrics;

namespace ScaleHub.Modules.Metrics;

/// <summary><c>GET /api/admin/metrics/summary</c>: how all requests went, those of nobody among them.</summary>
public static class SummariseMetrics
{
    /// <summary>Shows how the requests of all companies went.</summary>
    public static async Task<Ok<MetricsResponse>> HandleAsync(
        [AsParameters] MetricsQuery query, ReadDb db, EndpointNames names, TimeProvider time,
        CancellationToken cancellationToken)
        => TypedResults.Ok(await query.ReadAsync(db, RequestMetrics.Everybody, names, time.GetUtcNow(), cancellationToken));
}
