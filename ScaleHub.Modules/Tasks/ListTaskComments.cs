using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>GET /api/v1/tasks/{id}/comments?limit=&amp;cursor=</c>: what was said about a task, newest first.</summary>
public static class ListTaskComments
{
    /// <summary>Lists the comments of a task, newest first.</summary>
    // Served by the index task_comments_by_task.
    public static async Task<Results<Ok<PagedList<TaskCommentResponse>>, NotFound>> HandleAsync(
        Guid id, [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        var comments = await page.NewestFirstAsync(
            db.TaskComments.Where(c => c.TaskId == id), c => c.Id, TaskCommentResponse.Projection, cancellationToken);
        // Where there are comments there is their task.
        return comments.Items.Count > 0 || await db.Tasks.AnyAsync(t => t.Id == id, cancellationToken)
            ? TypedResults.Ok(comments)
            : TypedResults.NotFound();
    }
}
