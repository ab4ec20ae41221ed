using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>GET /api/v1/tasks/{id}/comments/{commentId}</c>.</summary>
public static class GetTaskComment
{
    /// <summary>Reads a comment. One of another task does not exist, nor does one of another company.</summary>
    public static async Task<Results<Ok<TaskCommentResponse>, NotFound>> HandleAsync(
        Guid id, Guid commentId, ReadDb db, CancellationToken cancellationToken)
        => await db.TaskComments.Where(c => c.Id == commentId && c.TaskId == id).Select(TaskCommentResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } comment
            ? TypedResults.Ok(comment)
            : TypedResults.NotFound();
}
