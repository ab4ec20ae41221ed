using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>GET /api/v1/addresses/{id}</c>.</summary>
public static class GetAddress
{
    /// <summary>Reads an address: one's own, or for admins any of the company.</summary>
    public static async Task<Results<Ok<AddressResponse>, NotFound>> HandleAsync(
        Guid id, AccessToken me, ReadDb db, CancellationToken cancellationToken)
        => await db.Addresses.VisibleTo(me).Where(a => a.Id == id).Select(AddressResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } address
            ? TypedResults.Ok(address)
            : TypedResults.NotFound();
}
