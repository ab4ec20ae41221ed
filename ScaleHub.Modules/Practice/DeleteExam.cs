using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Concurrency;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/exams/{id}</c>.</summary>
public static class DeleteExam
{
    /// <summary>Deletes an exam with its attachments, and gives its place back.</summary>
    /// <remarks>The exam no longer counts in the quota of the month in which it was created.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, CompanyCache cache, TimeProvider time, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Exam.Quota, id, cancellationToken);
        if (await db.LockExamAsync(id, cancellationToken) is not { } exam) return TypedResults.NotFound();
        ifMatch.Require(ExamResponse.From(exam));
        var attachments = await db.ExamAttachments.Where(a => a.ExamId == id).ToListAsync(cancellationToken);
        db.ExamAttachments.RemoveRange(attachments);
        await db.DetachFilesAsync([.. attachments.Select(a => a.Id)], time, cancellationToken);
        db.Exams.Remove(exam);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
