using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Tasks;

/// <summary>Body of <c>POST /api/v1/tasks/{id}/comments</c>.</summary>
/// <param name="Text">1 to 10,000 characters.</param>
[BodyExample("""{ "text": "The supplier calls back on Monday." }""")]
public sealed record CreateTaskCommentRequest([property: Required, Text(10_000, 1)] string Text);

/// <summary><c>POST /api/v1/tasks/{id}/comments</c>: the caller says something about a task.</summary>
public static class CreateTaskComment
{
    /// <summary>Adds a comment to a task.</summary>
    public static async Task<Results<Created<TaskCommentResponse>, NotFound>> HandleAsync(
        Guid id, CreateTaskCommentRequest request, ScaleHubDb db, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Locked, so that nobody deletes the task between this look and the comment.
        if (!await db.KeepTaskAsync(id, cancellationToken)) return TypedResults.NotFound();
        var now = time.GetDatabaseNow();
        var comment = new TaskComment
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            TaskId = id,
            AuthorId = tenant.RequiredUserId,
            Text = request.Text,
            CreatedAt = now,
        };
        db.TaskComments.Add(comment);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/tasks/{id}/comments/{comment.Id}", TaskCommentResponse.From(comment));
    }
}
