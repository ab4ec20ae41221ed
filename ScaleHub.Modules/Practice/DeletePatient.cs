using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/patients/{id}</c>.</summary>
public static class DeletePatient
{
    /// <summary>Deletes a patient and gives its place back.</summary>
    /// <remarks>With orders or exams it is 409.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Patient.Quota, id, cancellationToken);
        if (await db.Patients.FromSql($"select * from patients where id = {id} for update").SingleOrDefaultAsync(cancellationToken) is not { } found)
            return TypedResults.NotFound();
        db.Patients.Remove(found);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
