using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Metrics;

namespace ScaleHub.Modules.Metrics;

/// <summary><c>GET /api/admin/metrics/company/{id}</c>: the same as the company's owner sees, for an operator.</summary>
public static class GetCompanyMetrics
{
    /// <summary>Shows how a company's requests went.</summary>
    public static async Task<Ok<MetricsResponse>> HandleAsync(
        Guid id, [AsParameters] MetricsQuery query, ReadDb db, EndpointNames names, TimeProvider time,
        CancellationToken cancellationToken)
        => TypedResults.Ok(await query.ReadAsync(db, id, names, time.GetUtcNow(), cancellationToken));
}
