using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Exports;

/// <summary>Body of <c>POST /api/v1/exports</c>.</summary>
/// <param name="List">A list's name, of those that <c>GET /api/v1/exports</c> shows.</param>
[BodyExample("""{ "list": "tasks" }""")]
public sealed record CreateExportRequest([property: Required, StringLength(100, MinimumLength = 1)] string List);

/// <summary>Work that was begun and goes on in the background.</summary>
/// <param name="JobId">Its job: <c>GET /api/v1/jobs/{id}</c> says how far it is, and in the end the identifier of the file.</param>
public sealed record StartedResponse(Guid JobId)
{
    /// <summary>202, with the job's address.</summary>
    internal static Accepted<StartedResponse> Of(Guid job) => TypedResults.Accepted($"/api/v1/jobs/{job}", new StartedResponse(job));
}

/// <summary><c>POST /api/v1/exports</c>: writes a list as a CSV file, in the background.</summary>
public static class CreateExport
{
    /// <summary>Begins to write a list as a CSV file. The job's result has the identifier of the file, which is kept for a week.</summary>
    /// <remarks>Whoever may read the list may export it. While an export of a list is under way, the answer is that one.</remarks>
    public static async Task<Results<Accepted<StartedResponse>, ProblemHttpResult>> HandleAsync(
        CreateExportRequest request, ExportCatalogue catalogue, AccessToken me, ScaleHubDb db, JobQueue queue,
        CancellationToken cancellationToken)
    {
        if (catalogue.Lists.GetValueOrDefault(request.List) is not { } list)
            return TypedResults.Problem("There is no such list. GET /api/v1/exports shows those that there are.", statusCode: 404,
                extensions: [Problems.Errors("list", "There is no such list.")]);
        if (!Access.Allows(list.Role, me.Role)) return TypedResults.Problem($"The list is for the role {list.Role}.", statusCode: 403);
        // Each user's own: only who caused a job, and admins, see its result.
        var job = await queue.AddOnceAsync(new ExportData(list.Name), $"exports.list {list.Name} {me.UserId}", cancellationToken: cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        return StartedResponse.Of(job);
    }
}
