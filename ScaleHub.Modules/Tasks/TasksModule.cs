using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;

namespace ScaleHub.Modules.Tasks;

/// <summary>Tasks of a company.</summary>
public sealed class TasksModule : IModule
{
    /// <summary>The namespace of the cached lists: whoever writes a task says so before.</summary>
    internal const string Cached = "tasks";

    /// <inheritdoc/>
    public string Name => "Tasks";

    /// <inheritdoc/>
    public string Summary => "Tasks of a company.";

    // Every task refers to the user who made it.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Identity"];

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var tasks = v1.MapGroup("/tasks").RequireRole(Roles.Member).WithIdempotency();
        tasks.MapPost("/", CreateTask.HandleAsync);
        tasks.MapGet("/", ListTasks.HandleAsync);
        tasks.MapGet("/{id:guid}", GetTask.HandleAsync);
        tasks.MapPatch("/{id:guid}", UpdateTask.HandleAsync);
        tasks.MapDelete("/{id:guid}", DeleteTask.HandleAsync);
    }
}
