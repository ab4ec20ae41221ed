using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/exams/{id}/attachments/{attachmentId}</c>.</summary>
public static class DeleteExamAttachment
{
    /// <summary>Deletes a file of an exam. Links to it end at once.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, Guid attachmentId, ScaleHubDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        // Locked, so that of two who delete it the second finds nothing.
        if (await db.LockExamAsync(id, cancellationToken) is null
            || await db.ExamAttachments.SingleOrDefaultAsync(a => a.Id == attachmentId && a.ExamId == id, cancellationToken) is not { } attachment)
            return TypedResults.NotFound();
        db.ExamAttachments.Remove(attachment);
        await db.SaveChangesAsync(cancellationToken);
        await db.DetachFilesAsync([attachmentId], time, cancellationToken);
        return TypedResults.NoContent();
    }
}
