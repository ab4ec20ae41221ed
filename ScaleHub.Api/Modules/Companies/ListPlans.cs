using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Companies;

namespace ScaleHub.Api.Modules.Companies;

/// <summary>The plans, the smallest first.</summary>
public sealed record ListPlansResponse(IReadOnlyList<Plan> Items);

/// <summary><c>GET /api/v1/plans</c>: what each plan allows. Public, and may be kept for five minutes.</summary>
public static class ListPlans
{
    /// <summary>Lists the plans.</summary>
    public static async Task<Ok<ListPlansResponse>> HandleAsync(ReadDb db, HttpContext http, CancellationToken cancellationToken)
    {
        var plans = await db.Plans.OrderBy(p => p.Rank).ToListAsync(cancellationToken);
        http.Response.Headers.CacheControl = "public, max-age=300";
        return TypedResults.Ok(new ListPlansResponse(plans));
    }
}
