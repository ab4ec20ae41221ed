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
        var comment = db.TaskComments.Where(c => c.Id == commentId && c.TaskId == id);
        // Who may delete it is in the statement, so that nothing lies between the check and the deletion.
        var mine = Access.Allows(Roles.Admin, me.Role) ? comment : comment.Where(c => c.AuthorId == me.UserId);
        if (await mine.ExecuteDeleteAsync(cancellationToken) > 0) return TypedResults.NoContent();
        return await comment.AnyAsync(cancellationToken)
            ? TypedResults.Problem("Only the author of a comment, or an admin, may delete it.", statusCode: 403)
            : TypedResults.NotFound();
    }
}
