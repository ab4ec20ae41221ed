using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Metrics;

namespace ScaleHub.Modules.Metrics;

/// <summary><c>GET /api/v1/metrics?from=&amp;to=&amp;step=</c>: how the caller's company's requests went.</summary>
public static class GetMetrics
{
    /// <summary>Shows how many requests the company made, how long they took, and how they ended, up to about ten seconds ago.</summary>
    public static async Task<Ok<MetricsResponse>> HandleAsync(
        [AsParameters] MetricsQuery query, ReadDb db, Tenant tenant, EndpointNames names, TimeProvider time,
        CancellationToken cancellationToken)
        => TypedResults.Ok(await query.ReadAsync(db, tenant.RequiredCompanyId, names, time.GetUtcNow(), cancellationToken));
}
