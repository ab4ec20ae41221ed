using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Tasks;

/// <summary>
/// Tasks that stay as they are read until the transaction ends. Comments may be added meanwhile: <c>for no key update</c> lets
/// rows that refer to a task come, though not the task go.
/// </summary>
internal static class TaskLocks
{
    /// <summary>The task, which nobody else changes or deletes until the transaction ends; null when there is none.</summary>
    public static Task<TaskItem?> LockTaskAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => db.Tasks.FromSql($"select * from tasks where id = {id} for no key update").SingleOrDefaultAsync(cancellationToken);

    /// <summary>
    /// The same for several, by their ids; what does not exist is left out. Always in the order of their ids, so that two
    /// requests for the same tasks wait for each other and never in a circle.
    /// </summary>
    public static Task<Dictionary<Guid, TaskItem>> LockTasksAsync(
        this ScaleHubDb db, IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
        => db.Tasks.FromSql($"select * from tasks where id = any({ids.ToArray()}) order by id for no key update")
            .ToDictionaryAsync(t => t.Id, cancellationToken);

    /// <summary>Whether there is the task; if so, nobody deletes it until the transaction ends.</summary>
    public static async Task<bool> KeepTaskAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => (await db.Tasks.FromSql($"select * from tasks where id = {id} for key share").Select(t => t.Id)
            .ToListAsync(cancellationToken)).Count > 0;

    /// <summary>404 that names each of the ids that has no task; null when all have one.</summary>
    public static ProblemHttpResult? Missing(
        IReadOnlyList<Guid> ids, IReadOnlyCollection<Guid> found)
    {
        var missing = ids.Index().Where(i => !found.Contains(i.Item)).ToList();
        return missing.Count == 0 ? null : Problems.NotFound(
            $"Nothing was changed: there is no task {string.Join(", ", missing.Select(i => i.Item))}.",
            missing.ToDictionary(i => $"ids[{i.Index}]", _ => (string[])["There is no such task."]));
    }
}
