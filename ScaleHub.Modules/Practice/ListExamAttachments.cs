using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/exams/{id}/attachments?limit=&amp;cursor=</c>: an exam's files, newest first.</summary>
public static class ListExamAttachments
{
    /// <summary>Lists the files of an exam, newest first, with links to their content that work for 15 minutes.</summary>
    // Served by the index exam_attachments_by_exam.
    public static async Task<Results<Ok<PagedList<FileResponse>>, NotFound>> HandleAsync(
        Guid id, [AsParameters] PageQuery page, ReadDb db, FileLinks links, CancellationToken cancellationToken)
    {
        var files = await page.NewestFirstAsync(
            db.ExamAttachments.Where(a => a.ExamId == id), a => a.Id, a => a.File, cancellationToken);
        // Where there are attachments there is their exam.
        return files.Items.Count > 0 || await db.Exams.AnyAsync(e => e.Id == id, cancellationToken)
            ? TypedResults.Ok(new PagedList<FileResponse>([.. files.Items.Select(f => FileResponse.From(f, links))], files.Page))
            : TypedResults.NotFound();
    }
}
