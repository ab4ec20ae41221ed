using System.Linq.Expressions;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.Idempotency;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Model.Tasks;

namespace ScaleHub.Api.Modules.Tasks;

/// <summary>A task as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Title">1 to 200 characters.</param>
/// <param name="Description">At most 10,000 characters.</param>
/// <param name="Status">How far it is.</param>
/// <param name="DueAt">When it should be done.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="AssigneeId">Who does it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record TaskResponse(
    Guid Id, string Title, string? Description, TaskState Status, DateTimeOffset? DueAt, Guid CreatedBy, Guid? AssigneeId,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Tasks of a company.</summary>
public static class TasksModule
{
    /// <summary>The routes under <c>/tasks</c>.</summary>
    public static void MapTasks(this IEndpointRouteBuilder api)
    {
        var tasks = api.MapGroup("/tasks").WithTags("Tasks").RequireRole(Roles.Member).WithIdempotency();
        tasks.MapPost("/", CreateTask.HandleAsync);
        tasks.MapGet("/", ListTasks.HandleAsync);
        tasks.MapGet("/{id:guid}", GetTask.HandleAsync);
        tasks.MapPatch("/{id:guid}", UpdateTask.HandleAsync);
        tasks.MapDelete("/{id:guid}", DeleteTask.HandleAsync);
    }

    /// <summary>The namespace of the cached lists: whoever writes a task says so before.</summary>
    internal const string Cached = "tasks";

    /// <summary>Entity to answer, in the database or in memory.</summary>
    internal static readonly Expression<Func<TaskItem, TaskResponse>> ToResponse = t => new(
        t.Id, t.Title, t.Description, t.Status, t.DueAt, t.CreatedBy, t.AssigneeId, t.CreatedAt, t.UpdatedAt);

    /// <summary>The same, compiled.</summary>
    internal static readonly Func<TaskItem, TaskResponse> Respond = ToResponse.Compile();
}
