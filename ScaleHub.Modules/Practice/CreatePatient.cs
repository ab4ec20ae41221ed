using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/patients</c>.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="BornOn">Date of birth (RFC 3339 full-date), from 1850 to today.</param>
/// <param name="Email">At most 254 characters.</param>
/// <param name="Phone">3 to 40 characters.</param>
/// <param name="Notes">At most 10,000 characters.</param>
[BodyExample("""{ "name": "Ada Example", "bornOn": "1990-12-10", "email": "ada@patient.example" }""")]
public sealed record CreatePatientRequest(
    [property: Required, Text(200, 1)] string Name,
    [property: Range(typeof(DateOnly), "1850-01-01", "9999-12-31"), NotInFuture] DateOnly? BornOn = null,
    [property: Email] string? Email = null,
    [property: Text(40, 3)] string? Phone = null,
    [property: Text(10_000)] string? Notes = null);

/// <summary><c>POST /api/v1/patients</c>: a patient is put on file.</summary>
public static class CreatePatient
{
    /// <summary>Adds a patient, as far as the plan allows.</summary>
    public static async Task<Created<PatientResponse>> HandleAsync(
        CreatePatientRequest request, ScaleHubDb db, CompanyCache cache, Tenant tenant, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var patient = new Patient
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            Name = request.Name,
            BornOn = request.BornOn,
            Email = request.Email?.Normalize(),
            Phone = request.Phone,
            Notes = request.Notes,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await db.TakeQuotaAsync(cache, Patient.Quota, patient.Id, cancellationToken);
        db.Patients.Add(patient);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/patients/{patient.Id}", PatientResponse.From(patient));
    }
}
