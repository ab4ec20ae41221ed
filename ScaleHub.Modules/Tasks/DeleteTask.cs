using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>DELETE /api/v1/tasks/{id}</c>.</summary>
public static class DeleteTask
{
    /// <summary>Deletes a task and its comments. One of another company does not exist.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        // One statement is a transaction already, unless the task has to stay as it was compared.
        await using var transaction = ifMatch.IsGiven ? await db.Database.BeginTransactionAsync(cancellationToken) : null;
        if (ifMatch.IsGiven)
        {
            if (await db.LockTaskAsync(id, cancellationToken) is not { } task) return TypedResults.NotFound();
            ifMatch.Require(TaskResponse.From(task));
        }
        await cache.WillChangeAsync(TasksModule.Cached);
        var deleted = await db.Tasks.Where(t => t.Id == id).ExecuteDeleteAsync(cancellationToken);
        if (transaction is not null) await transaction.CommitAsync(CancellationToken.None);
        return deleted > 0 ? TypedResults.NoContent() : TypedResults.NotFound();
    }
}
