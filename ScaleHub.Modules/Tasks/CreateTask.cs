using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Tasks;

/// <summary>Body of <c>POST /api/v1/tasks</c>.</summary>
/// <param name="Title">1 to 200 characters.</param>
/// <param name="Description">At most 10,000 characters.</param>
/// <param name="Status"><c>todo</c> by default.</param>
/// <param name="DueAt">When it should be done (RFC 3339).</param>
[BodyExample("""{ "title": "Call the supplier", "dueAt": "2027-03-01T10:00:00Z" }""")]
public sealed record CreateTaskRequest(
    [property: Required, Text(200, 1)] string Title,
    [property: Text(10_000)] string? Description = null,
    TaskState Status = TaskState.Todo,
    DateTimeOffset? DueAt = null)
{
    /// <summary>Who does it: an active user of the company. The caller by default; null for nobody.</summary>
    public Optional<Guid?> AssigneeId { get; init; }
}

/// <summary><c>POST /api/v1/tasks</c>: the caller makes a task, and does it when nobody else is named.</summary>
public static class CreateTask
{
    /// <summary>Makes a task, for oneself or somebody else.</summary>
    /// <remarks>An assignee who is not an active user of the company is 409.</remarks>
    public static async Task<Results<Created<TaskResponse>, ProblemHttpResult>> HandleAsync(
        CreateTaskRequest request, ScaleHubDb db, JobQueue queue, EventOutbox events, Tenant tenant, TimeProvider time,
        CompanyCache cache, CancellationToken cancellationToken)
    {
        var (me, assignee) = (tenant.RequiredUserId, request.AssigneeId.Or(tenant.RequiredUserId));
        if (assignee is { } user && user != me && !await db.KeepActiveUserAsync(user, cancellationToken))
            return Problems.Conflict("assigneeId", UpdateTaskRequest.NoSuchUser);
        var now = time.GetDatabaseNow();
        var task = new TaskItem
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            Title = request.Title,
            Description = request.Description,
            Status = request.Status,
            DueAt = request.DueAt?.ToUniversalTime(),
            CreatedBy = me,
            AssigneeId = assignee,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Tasks.Add(task);
        await TaskNotices.AddAsync(queue, task, before: null, me, now, cancellationToken);
        await events.AddAsync(TaskEvents.Created, task.Id, TaskResponse.From(task));
        await cache.WillChangeAsync(TasksModule.Cached);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/tasks/{task.Id}", TaskResponse.From(task));
    }
}
