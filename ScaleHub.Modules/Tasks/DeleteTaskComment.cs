using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>DELETE /api/v1/tasks/{id}/comments/{commentId}</c>: by its author, or by an admin or owner.</summary>
public static class DeleteTaskComment
{
    /// <summary>Deletes a comment: one's own, or as an admin anybody's.</summary>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, Guid commentId, AccessToken me, ScaleHubDb db, CancellationToken cancellationToken)
    {
        // Locked, so that of two who delete it the second finds nothing.
        if (await db.TaskComments.FromSql($"select * from task_comments where id = {commentId} and task_id = {id} for update")
            .SingleOrDefaultAsync(cancellationToken) is not { } comment) return TypedResults.NotFound();
        if (comment.AuthorId != me.UserId && !Access.Allows(Roles.Admin, me.Role))
            return TypedResults.Problem("Only the author of a comment, or an admin, may delete it.", statusCode: 403);
        db.TaskComments.Remove(comment);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
