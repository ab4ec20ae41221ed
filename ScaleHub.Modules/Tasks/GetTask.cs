using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>GET /api/v1/tasks/{id}</c>.</summary>
public static class GetTask
{
    /// <summary>Reads a task. One of another company does not exist.</summary>
    public static async Task<Results<Ok<TaskResponse>, NotFound>> HandleAsync(Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Tasks.Where(t => t.Id == id).Select(TaskResponse.Projection).SingleOrDefaultAsync(cancellationToken) is { } task
            ? TypedResults.Ok(task)
            : TypedResults.NotFound();
}
