using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/patients/{id}</c>.</summary>
public static class GetPatient
{
    /// <summary>Reads a patient. One of another company does not exist.</summary>
    public static async Task<Results<Ok<PatientResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Patients.Where(x => x.Id == id).Select(PatientResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
}
