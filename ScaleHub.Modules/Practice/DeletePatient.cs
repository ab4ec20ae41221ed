using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/patients/{id}</c>.</summary>
public static class DeletePatient
{
    /// <summary>Deletes a patient and gives its place back.</summary>
    /// <remarks>With orders or exams it is 409.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Patient.Quota, id, cancellationToken);
        if (await db.LockPatientAsync(id, cancellationToken) is not { } patient) return TypedResults.NotFound();
        ifMatch.Require(PatientResponse.From(patient));
        db.Patients.Remove(patient);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
