using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/exams/{id}/attachments/{attachmentId}</c>.</summary>
public static class GetExamAttachment
{
    /// <summary>Reads what a file of an exam is, with a link to its content that works for 15 minutes.</summary>
    public static async Task<Results<Ok<FileResponse>, NotFound>> HandleAsync(
        Guid id, Guid attachmentId, ReadDb db, FileLinks links, CancellationToken cancellationToken)
        => await db.ExamAttachments.Where(a => a.Id == attachmentId && a.ExamId == id).Select(a => a.File)
            .SingleOrDefaultAsync(cancellationToken) is { } file
            ? TypedResults.Ok(FileResponse.From(file, links))
            : TypedResults.NotFound();
}
