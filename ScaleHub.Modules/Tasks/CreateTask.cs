using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;

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
    DateTimeOffset? DueAt = null);

/// <summary><c>POST /api/v1/tasks</c>: the caller makes a task, and does it until somebody else is named.</summary>
public static class CreateTask
{
    /// <summary>Makes a task for oneself.</summary>
    public static async Task<Created<TaskResponse>> HandleAsync(
        CreateTaskRequest request, ScaleHubDb db, Tenant tenant, TimeProvider time, CompanyCache cache,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var task = new TaskItem
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            Title = request.Title,
            Description = request.Description,
            Status = request.Status,
            DueAt = request.DueAt?.ToUniversalTime(),
            CreatedBy = tenant.RequiredUserId,
            AssigneeId = tenant.RequiredUserId,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Tasks.Add(task);
        await cache.WillChangeAsync(TasksModule.Cached);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/tasks/{task.Id}", TaskResponse.From(task));
    }
}
