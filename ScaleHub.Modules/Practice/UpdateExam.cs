using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// Body of <c>PATCH /api/v1/exams/{id}</c>: a member that is absent stays as it is. Who was examined, by whom, and what the exam
/// was of do not change: with another it is another exam.
/// </summary>
[BodyExample("""{ "findings": { "left": -1.5, "right": -1.25 } }""")]
public sealed record UpdateExamRequest : IValidatableObject
{
    /// <summary>Measurements of the kind: a JSON object of at most 8 KiB, which replaces those that there are.</summary>
    public Optional<JsonElement> Findings { get; init; }

    /// <summary>When it took place (RFC 3339).</summary>
    public Optional<DateTimeOffset> PerformedAt { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Findings.IsGiven && CreateExamRequest.Fault(Findings.Value) is { } fault) yield return new(fault, [nameof(Findings)]);
    }
}

/// <summary><c>PATCH /api/v1/exams/{id}</c>: corrects what was recorded.</summary>
public static class UpdateExam
{
    /// <summary>Changes the members that are given. Findings are replaced as a whole.</summary>
    public static async Task<Results<Ok<ExamResponse>, NotFound>> HandleAsync(
        Guid id, UpdateExamRequest request, IfMatch ifMatch, ScaleHubDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockExamAsync(id, cancellationToken) is not { } exam) return TypedResults.NotFound();
        ifMatch.Require(ExamResponse.From(exam));
        if (request.Findings.IsGiven && !JsonElement.DeepEquals(request.Findings.Value, exam.Findings))
            exam.Findings = request.Findings.Value;
        exam.PerformedAt = request.PerformedAt.Or(exam.PerformedAt).ToUniversalTime();
        if (db.Entry(exam).State == EntityState.Modified)
        {
            exam.UpdatedAt = time.GetDatabaseNow();
            await db.SaveChangesAsync(cancellationToken);
            // The database keeps JSON in a form of its own, and the entity tag is that of what is read.
            await db.Entry(exam).ReloadAsync(cancellationToken);
        }
        return TypedResults.Ok(ExamResponse.From(exam));
    }
}
