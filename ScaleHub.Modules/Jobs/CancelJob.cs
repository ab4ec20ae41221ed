using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Jobs;

/// <summary><c>DELETE /api/v1/jobs/{id}</c>: cancels a job.</summary>
public static class CancelJob
{
    /// <summary>
    /// Cancels a job that has not ended: one that waits never runs, and one that runs is told to stop, which it does within
    /// seconds unless it is done before. A dead one is put away. One that has ended stays as it is.
    /// </summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, CancellationToken cancellationToken)
    {
        if (!await JobResponse.VisibleTo(me, db.Set<JobView>()).AnyAsync(j => j.Id == id, cancellationToken))
            return TypedResults.NotFound();
        await db.Audit.ExecuteAsync("job.cancelled",
            $"select {id} as subject_id, jsonb_build_object() as detail from cancel_job({me.CompanyId}, {id}) state where state is not null",
            cancellationToken);
        return TypedResults.NoContent();
    }
}
