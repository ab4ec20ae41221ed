using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;

namespace ScaleHub.Modules.Tasks;

/// <summary>Body of <c>POST /api/v1/tasks/bulk-delete</c>.</summary>
/// <param name="Ids">1 to 100 tasks, each once.</param>
[BodyExample("""{ "ids": ["01a217e1-0704-759f-b784-0d15b44e9000"] }""")]
public sealed record DeleteTasksRequest(
    [property: Required, MinLength(1), MaxLength(UpdateTasksRequest.MaxIds)] IReadOnlyList<Guid> Ids) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (UpdateTasksRequest.HasDoubles(Ids)) yield return new("Each task may appear only once.", [nameof(Ids)]);
    }
}

/// <summary><c>POST /api/v1/tasks/bulk-delete</c>: deletes all of the tasks or none.</summary>
public static class DeleteTasks
{
    /// <summary>Deletes up to 100 tasks and their comments, all or none.</summary>
    /// <remarks>One that does not exist is 404, and the answer names it.</remarks>
    public static async Task<Results<Ok<BulkTasksResponse>, ProblemHttpResult>> HandleAsync(
        DeleteTasksRequest request, ScaleHubDb db, EventOutbox events, CompanyCache cache, CancellationToken cancellationToken)
    {
        // Locked first, in order: two requests that delete the same tasks would otherwise wait for each other in a circle.
        var tasks = await db.LockTasksAsync(request.Ids, cancellationToken);
        if (TaskLocks.Missing(request.Ids, tasks.Keys) is { } missing) return missing;
        await cache.WillChangeAsync(TasksModule.Cached);
        db.Tasks.RemoveRange(tasks.Values);
        foreach (var id in request.Ids) await events.AddAsync(TaskEvents.Deleted, id, new(id));
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new BulkTasksResponse(tasks.Count));
    }
}
