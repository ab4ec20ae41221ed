using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/exams/{id}</c>.</summary>
public static class DeleteExam
{
    /// <summary>Deletes an exam and gives its place back.</summary>
    /// <remarks>Of an earlier month, that month's count falls.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Exam.Quota, id, cancellationToken);
        return await db.Exams.Where(x => x.Id == id).ExecuteDeleteAsync(cancellationToken) > 0
            ? TypedResults.NoContent()
            : TypedResults.NotFound();
    }
}
