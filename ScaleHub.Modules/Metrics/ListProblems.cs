using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Metrics;

/// <summary><c>GET /api/v1/metrics/problems?state=&amp;limit=&amp;cursor=</c>: what is or was wrong with the caller's company's requests.</summary>
public static class ListProblems
{
    /// <summary>Lists what is or was wrong with the company's requests, newest first.</summary>
    public static async Task<Ok<PagedList<ProblemResponse>>> HandleAsync(
        [FromQuery] EnumName<ProblemState>? state, [AsParameters] PageQuery page, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
        => TypedResults.Ok(await db.ListAsync(state?.Value, tenant.RequiredCompanyId, page, cancellationToken));
}
