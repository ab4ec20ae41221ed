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
    /// <remarks>One that others depend on, such as that of a payment, is 409.</remarks>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, JobList jobs, CancellationToken cancellationToken)
    {
        if (await JobResponse.VisibleTo(me, db.Set<JobView>()).Where(j => j.Id == id).Select(j => j.Kind)
            .SingleOrDefaultAsync(cancellationToken) is not { } kind) return TypedResults.NotFound();
        if (jobs.Kinds.GetValueOrDefault(kind)?.Policy.CanBeCancelled is false)
            return TypedResults.Problem($"A job of the kind {kind} cannot be cancelled: it ends by itself.", statusCode: 409);
        await db.Audit.ExecuteAsync("job.cancelled",
            $"select {id} as subject_id, jsonb_build_object() as detail from cancel_job({me.CompanyId}, {id}) state where state is not null",
            cancellationToken);
        return TypedResults.NoContent();
    }
}
