using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Cards;

/// <summary><c>GET /api/v1/cards/shipments/{id}</c>.</summary>
public static class GetShipment
{
    /// <summary>Reads a shipment that the caller asked for. Anybody else's does not exist.</summary>
    public static async Task<Results<Ok<ShipmentResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
        => await db.Shipments.Where(s => s.Id == id && s.UserId == tenant.RequiredUserId).Select(ShipmentResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } shipment
            ? TypedResults.Ok(shipment)
            : TypedResults.NotFound();
}
