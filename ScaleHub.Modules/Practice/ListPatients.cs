using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/patients?limit=&amp;cursor=</c>: the company's patients, newest first.</summary>
public static class ListPatients
{
    /// <summary>Lists the company's patients, newest first.</summary>
    // Served by the primary key.
    public static async Task<Ok<PagedList<PatientResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(db.Patients, x => x.Id, PatientResponse.Projection, cancellationToken));
}
