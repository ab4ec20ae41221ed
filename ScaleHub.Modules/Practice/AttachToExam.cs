using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/exams/{id}/attachments</c>.</summary>
/// <param name="FileId">A file that the caller has uploaded with <c>POST /api/v1/files</c>, and attached to nothing yet.</param>
[BodyExample("""{ "fileId": "01a217e1-0704-759f-b784-0d15b44e9000" }""")]
public sealed record AttachToExamRequest(Guid FileId);

/// <summary><c>POST /api/v1/exams/{id}/attachments</c>: an uploaded file becomes part of an exam.</summary>
public static class AttachToExam
{
    /// <summary>Attaches a file to an exam, which keeps it.</summary>
    /// <remarks>A file that is not the caller's, has expired or is attached already is 409, as is a 21st.</remarks>
    public static async Task<Results<Created<FileResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AttachToExamRequest request, ScaleHubDb db, FileLinks links, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Locked, so that those who attach at once are counted one after the other.
        if (await db.LockExamAsync(id, cancellationToken) is null) return TypedResults.NotFound();
        if (await db.ExamAttachments.CountAsync(a => a.ExamId == id, cancellationToken) >= ExamAttachment.MaxPerExam)
            return TypedResults.Problem($"An exam has at most {ExamAttachment.MaxPerExam} attachments.", statusCode: 409);
        if (await db.AttachFileAsync(request.FileId, time, cancellationToken) is not { } file)
            return Problems.Conflict("fileId", "You have uploaded no such file, or it has expired or is attached already.");
        db.ExamAttachments.Add(new()
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = file.Id,
            ExamId = id,
            CreatedAt = time.GetDatabaseNow(),
        });
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/exams/{id}/attachments/{file.Id}", FileResponse.From(file, links));
    }
}
