using System.ComponentModel;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Jobs;

/// <summary>A dead job as operators see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="CompanyId">Whose job it is; the platform's own are of the company
/// <c>ffffffff-ffff-ffff-ffff-ffffffffffff</c>.</param>
/// <param name="Kind">What it was to do.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Error">What went wrong in the last attempt, in the program's terms.</param>
/// <param name="TraceId">Where to look for the request that caused it.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record DeadJobResponse(
    Guid Id, Guid CompanyId, string Kind, int Attempts, string? Error, string? TraceId, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<DeadJob, DeadJobResponse>> Projection = j => new(
        j.Id, j.CompanyId, j.Kind, j.Attempts, j.Error, TraceOf(j.TraceParent), j.CreatedAt);

    // W3C Trace Context: version, trace, span, flags.
    private static string? TraceOf(string? parent) => parent?.Split('-') is [_, var trace, ..] ? trace : null;
}

/// <summary><c>GET /api/admin/jobs/dead?limit=&amp;cursor=</c>: jobs that failed for good, for operators.</summary>
public static class ListDeadJobs
{
    /// <summary>Lists the dead jobs of all companies, newest first.</summary>
    // Served by the index jobs_dead_everywhere.
    public static async Task<Ok<PagedList<DeadJobResponse>>> HandleAsync(
        [Description("Only jobs of this kind.")] string? kind, [AsParameters] PageQuery page, ReadDb db,
        CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(kind is null ? db.DeadJobs : db.DeadJobs.Where(j => j.Kind == kind),
            j => j.Id, DeadJobResponse.Projection, cancellationToken, PageSize.Small));
}
