using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/exams?patientId=&amp;limit=&amp;cursor=</c>: the company's exams, newest first.</summary>
public static class ListExams
{
    /// <summary>Lists the company's exams, newest first.</summary>
    // Served by the primary key, or by the index exams_by_patient.
    public static async Task<Ok<PagedList<ExamResponse>>> HandleAsync(
        [Description("Only exams of this patient.")] Guid? patientId, [AsParameters] PageQuery page, ReadDb db,
        CancellationToken cancellationToken)
    {
        var exams = db.Exams;
        if (patientId is { } patient) exams = exams.Where(e => e.PatientId == patient);
        return TypedResults.Ok(await page.NewestFirstAsync(exams, e => e.Id, ExamResponse.Projection, cancellationToken));
    }
}
