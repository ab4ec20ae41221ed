using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Jobs;

/// <summary>Body of <c>POST /api/admin/jobs/redrive</c>: either one job or a kind.</summary>
/// <param name="Id">One dead job.</param>
/// <param name="Kind">All dead jobs of a kind, 1 to 100 characters.</param>
[BodyExample("""{ "kind": "notifications.mail" }""")]
public sealed record RedriveJobsRequest(Guid? Id = null, [property: Text(100, 1)] string? Kind = null);

/// <summary>What was queued.</summary>
/// <param name="Redriven">Jobs that run again, with all their attempts before them.</param>
/// <param name="Remaining">Whether there are more of the kind: at most 1,000 are queued by one request.</param>
public sealed record RedriveJobsResponse(int Redriven, bool Remaining);

/// <summary><c>POST /api/admin/jobs/redrive</c>: dead jobs are tried again, when the cause is mended.</summary>
public static class RedriveJobs
{
    private const int AtATime = 1000;

    /// <summary>
    /// Queues dead jobs again. One whose key against doubles is held by a newer job stays dead: the newer one does the same.
    /// </summary>
    public static async Task<Results<Ok<RedriveJobsResponse>, ProblemHttpResult>> HandleAsync(
        RedriveJobsRequest request, ScaleHubDb db, JobNotifier notifier, CancellationToken cancellationToken)
    {
        if (request.Id is null == request.Kind is null)
            return TypedResults.Problem("Give an id or a kind, one of the two.", statusCode: StatusCodes.Status400BadRequest,
                extensions: [Problems.Errors("id", "Give an id or a kind, one of the two.")]);
        notifier.NotifyAfterCommit(db.UnitOfWork);
        // "limit" is one more than is queued, to know whether there are more.
        var found = await db.Database.SqlQuery<Guid>($"""
            select id as "Value" from jobs d
            where state = 'dead' and ({request.Id}::uuid is null or id = {request.Id})
              and ({request.Kind}::text is null or kind = {request.Kind})
              and not exists (
                  select from jobs o where o.company_id = d.company_id and o.dedupe_key = d.dedupe_key and o.state <> 'dead')
            order by id desc limit {AtATime + 1}
            """).ToListAsync(cancellationToken);
        var chosen = found.Take(AtATime).ToArray();
        var redriven = await db.Audit.ExecuteAsync("job.redriven", $"""
            update jobs set state = 'queued', attempts = 0, due_at = now(), failure = null where state = 'dead' and id = any({chosen})
            returning id as subject_id, jsonb_build_object(
                'kind', jsonb_build_object('to', kind), 'companyId', jsonb_build_object('to', company_id)) as detail
            """, cancellationToken);
        return TypedResults.Ok(new RedriveJobsResponse(redriven, Remaining: found.Count > AtATime));
    }
}
