using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Billing;

namespace ScaleHub.Modules.Cards;

/// <summary>Body of <c>POST /api/v1/cards/shipments/{id}/status</c>.</summary>
/// <param name="Status">Where it goes: requested, packed, shipped, delivered; from the first two to cancelled.</param>
/// <param name="TrackingCode">The carrier's, 1 to 100 characters; required with shipped, and only there.</param>
[BodyExample("""{ "status": "shipped", "trackingCode": "JD0001" }""")]
public sealed record MoveShipmentRequest(
    ShipmentState Status,
    [property: Text(100, 1)] string? TrackingCode = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Status == ShipmentState.Shipped && string.IsNullOrWhiteSpace(TrackingCode))
            yield return new("What is shipped has a tracking code.", [nameof(TrackingCode)]);
        if (Status != ShipmentState.Shipped && TrackingCode is not null)
            yield return new("Only what is shipped has a tracking code.", [nameof(TrackingCode)]);
    }
}

/// <summary><c>POST /api/v1/cards/shipments/{id}/status</c>: the packing room moves a shipment on.</summary>
public static class MoveShipment
{
    /// <summary>Moves a shipment of the company to its next state. For its admins.</summary>
    /// <remarks>
    /// A state that it cannot go to is 409, which names those that it can. Once it is shipped, the company is charged the price
    /// <c>cards.shipping</c>.
    /// </remarks>
    public static async Task<Results<Ok<ShipmentResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, MoveShipmentRequest request, ScaleHubDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.LockShipmentAsync(id, cancellationToken) is not { } shipment) return TypedResults.NotFound();
        var now = time.GetDatabaseNow();
        if (!shipment.TryMove(request.Status, request.TrackingCode, now))
            return Problems.WrongState("shipment", shipment.Status, shipment.Next);
        await db.SaveChangesAsync(cancellationToken);
        // Not when it is asked for: until it is handed to the carrier it can be called off, and costs nothing.
        if (shipment.Status == ShipmentState.Shipped)
            await db.ChargeAsync("cards.shipping", shipment.UserId, shipment.Id, 1, now, cancellationToken);
        return TypedResults.Ok(ShipmentResponse.From(shipment));
    }

    /// <summary>
    /// A shipment with its cards, locked until the transaction ends: of two who move it, one comes after the other.
    /// </summary>
    internal static Task<Shipment?> LockShipmentAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => db.Shipments.FromSql($"select * from shipping_requests where id = {id} for update")
            .Include(s => s.Cards).ThenInclude(c => c.UserCard).SingleOrDefaultAsync(cancellationToken);
}
