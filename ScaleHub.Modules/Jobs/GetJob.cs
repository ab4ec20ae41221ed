using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Jobs;

/// <summary><c>GET /api/v1/jobs/{id}</c>: how a job is; <c>Location</c> of every 202 leads here.</summary>
public static class GetJob
{
    /// <summary>Tells how a job is: one that the caller caused, or for admins any of the company.</summary>
    public static async Task<Results<Ok<JobResponse>, NotFound>> HandleAsync(
        Guid id, AccessToken me, ReadDb db, CancellationToken cancellationToken)
        => await JobResponse.VisibleTo(me, db.Jobs).Where(j => j.Id == id).Select(JobResponse.Projection)
                .SingleOrDefaultAsync(cancellationToken) is { } job
            ? TypedResults.Ok(job)
            : TypedResults.NotFound();
}
