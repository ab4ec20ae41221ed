using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// Body of <c>PATCH /api/v1/patients/{id}</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is; null clears
/// what can be empty.
/// </summary>
[BodyExample("""{ "phone": "+49 30 1234", "notes": null }""")]
public sealed record UpdatePatientRequest
{
    /// <summary>1 to 200 characters.</summary>
    [Text(200, 1), NotCleared]
    public Optional<string> Name { get; init; }

    /// <summary>Date of birth (RFC 3339 full-date), from 1850 to today; null clears it.</summary>
    [OptionalRange(typeof(DateOnly), "1850-01-01", "9999-12-31"), NotInFuture]
    public Optional<DateOnly?> BornOn { get; init; }

    /// <summary>At most 254 characters; null clears it.</summary>
    [Email]
    public Optional<string?> Email { get; init; }

    /// <summary>3 to 40 characters; null clears it.</summary>
    [Text(40, 3)]
    public Optional<string?> Phone { get; init; }

    /// <summary>At most 10,000 characters; null clears it.</summary>
    [Text(10_000)]
    public Optional<string?> Notes { get; init; }
}

/// <summary><c>PATCH /api/v1/patients/{id}</c>: changes what the body names.</summary>
public static class UpdatePatient
{
    /// <summary>Changes the members that are given; null clears all but the name.</summary>
    public static async Task<Results<Ok<PatientResponse>, NotFound>> HandleAsync(
        Guid id, UpdatePatientRequest request, IfMatch ifMatch, ScaleHubDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockPatientAsync(id, cancellationToken) is not { } patient) return TypedResults.NotFound();
        ifMatch.Require(PatientResponse.From(patient));
        patient.Name = request.Name.Or(patient.Name);
        patient.BornOn = request.BornOn.Or(patient.BornOn);
        patient.Email = request.Email.Or(patient.Email)?.Normalize();
        patient.Phone = request.Phone.Or(patient.Phone);
        patient.Notes = request.Notes.Or(patient.Notes);
        if (db.Entry(patient).State == EntityState.Modified)
        {
            patient.UpdatedAt = time.GetDatabaseNow();
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(PatientResponse.From(patient));
    }
}
