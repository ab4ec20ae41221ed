using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Metrics;

/// <summary><c>GET /api/admin/metrics/problems?state=&amp;company=&amp;limit=&amp;cursor=</c>: what is or was wrong, for an operator.</summary>
public static class ListAllProblems
{
    /// <summary>Lists what is or was wrong, with the whole and with companies, newest first.</summary>
    public static async Task<Ok<PagedList<ProblemResponse>>> HandleAsync(
        [FromQuery] EnumName<ProblemState>? state, [Description("Only this company's.")] Guid? company, [AsParameters] PageQuery page,
        ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await db.ListAsync(state?.Value, company, page, cancellationToken));
}
