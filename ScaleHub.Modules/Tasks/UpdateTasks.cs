using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Tasks;

/// <summary>Body of <c>POST /api/v1/tasks/bulk-update</c>.</summary>
/// <param name="Ids">1 to 100 tasks, each once.</param>
/// <param name="Changes">What is changed in each of them, as in <c>PATCH /api/v1/tasks/{id}</c>.</param>
[BodyExample("""{ "ids": ["01a217e1-0704-759f-b784-0d15b44e9000"], "changes": { "status": "done" } }""")]
public sealed record UpdateTasksRequest(
    [property: Required, MinLength(1), MaxLength(UpdateTasksRequest.MaxIds)] IReadOnlyList<Guid> Ids,
    [property: Required] UpdateTaskRequest Changes) : IValidatableObject
{
    /// <summary>Most tasks of a request: they stay locked until all of them are changed.</summary>
    internal const int MaxIds = 100;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (HasDoubles(Ids)) yield return new("Each task may appear only once.", [nameof(Ids)]);
    }

    internal static bool HasDoubles(IReadOnlyList<Guid> ids) => ids.Distinct().Count() < ids.Count;
}

/// <summary>What became of the tasks of a request.</summary>
/// <param name="Count">How many tasks the request named, all of which now are as it says.</param>
public sealed record BulkTasksResponse(int Count);

/// <summary><c>POST /api/v1/tasks/bulk-update</c>: changes all of the tasks or none.</summary>
public static class UpdateTasks
{
    /// <summary>Makes the same changes in up to 100 tasks, in all or in none.</summary>
    /// <remarks>One that does not exist is 404, and the answer names it. Each task is overwritten: the last write wins.</remarks>
    public static async Task<Results<Ok<BulkTasksResponse>, ProblemHttpResult>> HandleAsync(
        UpdateTasksRequest request, ScaleHubDb db, JobQueue queue, EventOutbox events, TimeProvider time,
        CompanyCache cache, CancellationToken cancellationToken)
    {
        var tasks = await db.LockTasksAsync(request.Ids, cancellationToken);
        if (TaskLocks.Missing(request.Ids, tasks.Keys) is { } missing) return missing;
        if (!await request.Changes.NamesActiveUserAsync(db, tasks.Values, cancellationToken))
            return Problems.Conflict("changes.assigneeId", UpdateTaskRequest.NoSuchUser);
        var now = time.GetDatabaseNow();
        foreach (var task in tasks.Values) await request.Changes.ApplyAsync(db, queue, events, task, now, cancellationToken);
        if (db.ChangeTracker.HasChanges())
        {
            await cache.WillChangeAsync(TasksModule.Cached);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(new BulkTasksResponse(tasks.Count));
    }
}
