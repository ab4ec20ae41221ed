using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/exams</c>.</summary>
/// <param name="PatientId">Who was examined.</param>
/// <param name="Kind">What was examined.</param>
/// <param name="Findings">Measurements of the kind: a JSON object of at most 8 KiB; empty by default.</param>
/// <param name="PerformedAt">When it took place (RFC 3339); now by default.</param>
[BodyExample("""{ "patientId": "01a217e1-0704-759f-b784-0d15b44e9000", "kind": "refraction", "findings": { "left": -1.25 } }""")]
public sealed record CreateExamRequest(
    Guid PatientId, ExamKind Kind, JsonElement? Findings = null, DateTimeOffset? PerformedAt = null) : IValidatableObject
{
    // The database measures its own form, which has more blanks; twice this is its limit.
    private const int MaxFindings = 8 * 1024;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Findings is { } findings && Fault(findings) is { } fault) yield return new(fault, [nameof(Findings)]);
    }

    /// <summary>What is wrong with findings; null when nothing is.</summary>
    internal static string? Fault(JsonElement findings)
    {
        if (findings.ValueKind != JsonValueKind.Object) return "Findings are a JSON object.";
        if (Encoding.UTF8.GetByteCount(findings.GetRawText()) > MaxFindings) return $"Findings have at most {MaxFindings} bytes.";
        try
        {
            return Texts(findings).Any(t => t.Contains('\0')) ? "Findings cannot hold the character U+0000." : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, which JSON lets through as an escape and nothing behind it can hold.
            return "Findings contain half of a surrogate pair, which is not a Unicode character.";
        }
    }

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(p => Texts(p.Value).Prepend(p.Name)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [value.GetString()!],
        _ => [],
    };
}

/// <summary><c>POST /api/v1/exams</c>: the caller records an examination.</summary>
public static class CreateExam
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>Records an exam, as far as the plan allows in this month.</summary>
    /// <remarks>A patient who does not exist is 409.</remarks>
    public static async Task<Created<ExamResponse>> HandleAsync(
        CreateExamRequest request, ScaleHubDb db, CompanyCache cache, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var exam = new Exam
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            PatientId = request.PatientId,
            PerformedBy = tenant.RequiredUserId,
            Kind = request.Kind,
            Findings = request.Findings ?? Nothing,
            PerformedAt = request.PerformedAt?.ToUniversalTime() ?? now,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await db.TakeQuotaAsync(cache, Exam.Quota, exam.Id, cancellationToken);
        db.Exams.Add(exam);
        await db.SaveChangesAsync(cancellationToken);
        // The database keeps JSON in a form of its own, and the entity tag is that of what is read.
        if (request.Findings is not null) await db.Entry(exam).ReloadAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/exams/{exam.Id}", ExamResponse.From(exam));
    }
}
