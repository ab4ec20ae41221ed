using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Audit;

/// <summary>
/// <c>GET /api/v1/audit?subject=&amp;user=&amp;action=&amp;from=&amp;to=&amp;limit=&amp;cursor=</c>: who changed what in the company.
/// Not cached: nobody asks for it twice.
/// </summary>
public static class ListAuditEntries
{
    /// <summary>Lists the company's audit log, newest first. For its admins.</summary>
    /// <remarks>An entry must pass every filter that is given. Entries are kept for 13 months.</remarks>
    // Which index serves it: AuditFilter.
    public static async Task<Ok<PagedList<AuditEntryResponse>>> HandleAsync(
        [AsParameters] AuditFilter filter, [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(
            filter.Apply(db.Set<AuditEntry>()), e => e.Id, AuditEntryResponse.Projection, cancellationToken));
}
