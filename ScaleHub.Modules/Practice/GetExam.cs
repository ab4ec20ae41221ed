using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/exams/{id}</c>.</summary>
public static class GetExam
{
    /// <summary>Reads an exam. One of another company does not exist.</summary>
    public static async Task<Results<Ok<ExamResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Exams.Where(x => x.Id == id).Select(ExamResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
}
