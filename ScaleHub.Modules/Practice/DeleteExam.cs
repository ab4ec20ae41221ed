using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/exams/{id}</c>.</summary>
public static class DeleteExam
{
    /// <summary>Deletes an exam and gives its place back.</summary>
    /// <remarks>Of an earlier month, that month's count falls.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Exam.Quota, id, cancellationToken);
        if (await db.LockExamAsync(id, cancellationToken) is not { } exam) return TypedResults.NotFound();
        ifMatch.Require(ExamResponse.From(exam));
        db.Exams.Remove(exam);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
