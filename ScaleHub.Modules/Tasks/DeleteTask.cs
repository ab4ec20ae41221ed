using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>DELETE /api/v1/tasks/{id}</c>.</summary>
public static class DeleteTask
{
    /// <summary>Deletes a task and its comments. One of another company does not exist.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, EventOutbox events, CompanyCache cache, CancellationToken cancellationToken)
    {
        if (await db.LockTaskAsync(id, cancellationToken) is not { } task) return TypedResults.NotFound();
        ifMatch.Require(TaskResponse.From(task));
        await cache.WillChangeAsync(TasksModule.Cached);
        db.Tasks.Remove(task);
        await events.AddAsync(TaskEvents.Deleted, id, new(id));
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
