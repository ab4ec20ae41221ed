using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Identity;

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

    /// <summary>Who does it: an active user of the company; null for nobody.</summary>
    public Optional<Guid?> AssigneeId { get; init; }

    /// <summary>What an assignee is told to be who is not, or no longer, a user of the company.</summary>
    internal const string NoSuchUser = "There is no such user in the company.";

    /// <summary>
    /// Whether who shall do the tasks is an active user. One who has left and whose tasks they are already stays: a client that
    /// sends a task back as it was has changed nothing.
    /// </summary>
    internal async Task<bool> NamesActiveUserAsync(
        ScaleHubDb db, IEnumerable<TaskItem> tasks, CancellationToken cancellationToken)
        => AssigneeId.Value is not { } user || tasks.All(t => t.AssigneeId == user)
            || await db.KeepActiveUserAsync(user, cancellationToken);

    /// <summary>Changes a task that <paramref name="db"/> tracks.</summary>
    internal async Task ApplyAsync(
        ScaleHubDb db, JobQueue queue, EventOutbox events, TaskItem task, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var before = Noticed.Of(task);
        task.Title = Title.Or(task.Title);
        task.Description = Description.Or(task.Description);
        task.Status = Status.Or(task.Status);
        task.DueAt = DueAt.Or(task.DueAt)?.ToUniversalTime();
        task.AssigneeId = AssigneeId.Or(task.AssigneeId);
        if (db.Entry(task).State == EntityState.Modified)
        {
            task.UpdatedAt = now;
            await events.AddAsync(TaskEvents.Updated, task.Id, TaskResponse.From(task));
        }
        await TaskNotices.AddAsync(queue, task, before, db.Tenant.RequiredUserId, now, cancellationToken);
    }
}

/// <summary><c>PATCH /api/v1/tasks/{id}</c>: changes what the body names.</summary>
public static class UpdateTask
{
    /// <summary>Changes the members that are given; null clears a description, a due date or an assignee.</summary>
    /// <remarks>An assignee who is not an active user of the company is 409.</remarks>
    public static async Task<Results<Ok<TaskResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, UpdateTaskRequest request, IfMatch ifMatch, ScaleHubDb db, JobQueue queue, EventOutbox events, TimeProvider time,
        CompanyCache cache, CancellationToken cancellationToken)
    {
        if (await db.LockTaskAsync(id, cancellationToken) is not { } task) return TypedResults.NotFound();
        ifMatch.Require(TaskResponse.From(task));
        if (!await request.NamesActiveUserAsync(db, [task], cancellationToken))
            return Problems.Conflict("assigneeId", UpdateTaskRequest.NoSuchUser);
        await request.ApplyAsync(db, queue, events, task, time.GetDatabaseNow(), cancellationToken);
        if (db.ChangeTracker.HasChanges())
        {
            await cache.WillChangeAsync(TasksModule.Cached);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(TaskResponse.From(task));
    }
}
