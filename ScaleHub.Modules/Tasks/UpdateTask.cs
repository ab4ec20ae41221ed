using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Tasks;

/// <summary>
/// Body of <c>PATCH /api/v1/tasks/{id}</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is; null clears what
/// can be empty.
/// </summary>
[BodyExample("""{ "status": "done", "dueAt": null }""")]
public sealed record UpdateTaskRequest
{
    /// <summary>1 to 200 characters.</summary>
    [Text(200, 1), NotCleared]
    public Optional<string> Title { get; init; }

    /// <summary>At most 10,000 characters; null clears it.</summary>
    [Text(10_000)]
    public Optional<string?> Description { get; init; }

    /// <summary>How far it is.</summary>
    public Optional<TaskState> Status { get; init; }

    /// <summary>When it should be done (RFC 3339); null clears it.</summary>
    public Optional<DateTimeOffset?> DueAt { get; init; }
}

/// <summary><c>PATCH /api/v1/tasks/{id}</c>: changes what the body names.</summary>
public static class UpdateTask
{
    /// <summary>Changes the members that are given; null clears a description or a due date.</summary>
    public static async Task<Results<Ok<TaskResponse>, NotFound>> HandleAsync(
        Guid id, UpdateTaskRequest request, ScaleHubDb db, TimeProvider time, CompanyCache cache,
        CancellationToken cancellationToken)
    {
        if (await db.Tasks.SingleOrDefaultAsync(t => t.Id == id, cancellationToken) is not { } task) return TypedResults.NotFound();
        task.Title = request.Title.Or(task.Title);
        task.Description = request.Description.Or(task.Description);
        task.Status = request.Status.Or(task.Status);
        task.DueAt = request.DueAt.Or(task.DueAt)?.ToUniversalTime();
        if (db.ChangeTracker.HasChanges())
        {
            task.UpdatedAt = time.GetDatabaseNow();
            await cache.WillChangeAsync(TasksModule.Cached);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(TaskResponse.From(task));
    }
}
