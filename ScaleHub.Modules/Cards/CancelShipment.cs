using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Cards;

/// <summary><c>POST /api/v1/cards/shipments/{id}/cancel</c>: the caller does not want the cards sent after all.</summary>
public static class CancelShipment
{
    /// <summary>Calls off a shipment that nobody has packed yet; its cards are free again.</summary>
    /// <remarks>One that has moved on is 409. Anybody else's does not exist.</remarks>
    public static async Task<Results<Ok<ShipmentResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, ScaleHubDb db, Tenant tenant, TimeProvider time, CancellationToken cancellationToken)
    {
        var shipment = await db.LockShipmentAsync(id, cancellationToken);
        if (shipment?.UserId != tenant.RequiredUserId) return TypedResults.NotFound();
        // Once a shipment is packed, its owner cannot cancel it; an admin can (MoveShipment).
        if (shipment.Status != ShipmentState.Requested)
            return Problems.WrongState<ShipmentState>("shipment", shipment.Status, []);
        shipment.TryMove(ShipmentState.Cancelled, null, time.GetDatabaseNow());
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(ShipmentResponse.From(shipment));
    }
}
