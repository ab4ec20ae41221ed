using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Idempotency;

namespace ScaleHub.Modules.Tasks;

/// <summary>Tasks of a company, and what is said about them.</summary>
public sealed class TasksModule : IModule
{
    /// <summary>The namespace of the cached lists: whoever writes a task says so before.</summary>
    internal const string Cached = "tasks";

    /// <inheritdoc/>
    public string Name => "Tasks";

    /// <inheritdoc/>
    public string Summary => "Tasks of a company, and what is said about them.";

    // Every task refers to the user who made it, and most to one who does it and is told so.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Identity", "Notifications"];

    /// <inheritdoc/>
    public IReadOnlyList<EventType> Events => [TaskEvents.Created, TaskEvents.Updated, TaskEvents.Deleted];

    /// <inheritdoc/>
    public void AddJobs(JobList jobs) => jobs.Handle<RemindOfTask, RemindOfTaskHandler>();

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("tasks", Roles.Member, db => db.Tasks, t => t.Id, TaskResponse.Projection, t => t.Id)
        .Add("task-comments", Roles.Member, db => db.TaskComments, c => c.Id, TaskCommentResponse.Projection, c => c.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var tasks = v1.MapGroup("/tasks").RequireRole(Roles.Member).WithIdempotency();
        tasks.MapPost("/", CreateTask.HandleAsync).WithEntityTag().ProducesProblem(409);
        tasks.MapGet("/", ListTasks.HandleAsync);
        tasks.MapPost("/bulk-update", UpdateTasks.HandleAsync).ProducesProblem(404).ProducesProblem(409);
        tasks.MapPost("/bulk-delete", DeleteTasks.HandleAsync).ProducesProblem(404);
        tasks.MapGet("/{id:guid}", GetTask.HandleAsync).WithEntityTag();
        tasks.MapPatch("/{id:guid}", UpdateTask.HandleAsync).InTransaction().WithEntityTag().ProducesProblem(409);
        tasks.MapDelete("/{id:guid}", DeleteTask.HandleAsync).InTransaction();

        var comments = tasks.MapGroup("/{id:guid}/comments");
        comments.MapPost("/", CreateTaskComment.HandleAsync);
        comments.MapGet("/", ListTaskComments.HandleAsync);
        comments.MapGet("/{commentId:guid}", GetTaskComment.HandleAsync);
        comments.MapDelete("/{commentId:guid}", DeleteTaskComment.HandleAsync).InTransaction().ProducesProblem(403);
    }
}
