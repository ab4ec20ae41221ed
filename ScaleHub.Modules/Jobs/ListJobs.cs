using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Jobs;

/// <summary><c>GET /api/v1/jobs?limit=&amp;cursor=</c>: the company's jobs of the last week, newest first.</summary>
public static class ListJobs
{
    /// <summary>Lists the company's jobs, newest first: those under way, and those that ended within a week. For its
    /// admins.</summary>
    // Served by the primary keys of jobs and of each partition of finished_jobs, which are merged.
    public static async Task<Ok<PagedList<JobResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(db.Jobs, j => j.Id, JobResponse.Projection, cancellationToken));
}
