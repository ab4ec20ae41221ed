using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Caching;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Tasks;

/// <summary>
/// <c>GET /api/v1/tasks?status=&amp;assignee=&amp;dueAfter=&amp;dueBefore=&amp;q=&amp;limit=&amp;cursor=</c>: the company's
/// tasks, newest first. Cached until a task changes; searches and spans of time, which hardly anybody asks for twice, are not.
/// </summary>
public static class ListTasks
{
    // Bounds what the database has to parse. PostgreSQL refuses a word of more than 2,046 bytes; no character has more than four.
    private const int MaxSearch = 200;

    /// <summary>Lists the company's tasks, newest first.</summary>
    /// <remarks>A task must pass every filter that is given.</remarks>
    // Which index serves it: TaskFilter.
    public static async Task<Results<CachedOk<PagedList<TaskResponse>>, Ok<PagedList<TaskResponse>>>> HandleAsync(
        [Description("Only tasks in this state.")] EnumName<TaskState>? status,
        [Description("Only tasks of this user.")] Guid? assignee,
        [Description("Only tasks that are due at this time (RFC 3339) or later.")] Timestamp? dueAfter,
        [Description("Only tasks that are due before this time (RFC 3339).")] Timestamp? dueBefore,
        [Description("Only tasks with these words in title or description: \"…\" is a phrase, or an alternative, - excludes."),
            Text(MaxSearch, 1)] string? q,
        [AsParameters] PageQuery page, CompanyCache cache, [FromServices] Lazy<ReadDb> db, CancellationToken cancellationToken)
    {
        var filter = new TaskFilter(status?.Value, assignee, dueAfter?.Value, dueBefore?.Value);
        if (q is not null)
            return TypedResults.Ok(await page.NewestFirstAsync(
                bounds => filter.Find(db.Value, q, bounds), t => t.Id, TaskResponse.Projection, cancellationToken));
        if (dueAfter is not null || dueBefore is not null)
            return TypedResults.Ok(await page.NewestFirstAsync(
                filter.Apply(db.Value.Tasks), t => t.Id, TaskResponse.Projection, cancellationToken));
        return await page.NewestFirstAsync(
            cache, TasksModule.Cached, tasks => filter.Apply(tasks.Tasks), t => t.Id, TaskResponse.Projection, cancellationToken);
    }
}
