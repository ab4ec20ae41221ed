using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/orders/{id}/status</c>.</summary>
/// <param name="Status">Where it goes: placed, ready, delivered; from the first two to cancelled.</param>
[BodyExample("""{ "status": "ready" }""")]
public sealed record MoveOrderRequest(OrderState Status);

/// <summary><c>POST /api/v1/orders/{id}/status</c>: an order moves on.</summary>
public static class MoveOrder
{
    /// <summary>Moves an order to its next state. Cancelling puts its products back in stock.</summary>
    /// <remarks>A state that it cannot go to is 409, which names those that it can.</remarks>
    public static async Task<Results<Ok<OrderResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, MoveOrderRequest request, IfMatch ifMatch, ScaleHubDb db, EventOutbox events, CompanyCache cache, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockOrderAsync(id, cancellationToken) is not { } order) return TypedResults.NotFound();
        ifMatch.Require(OrderResponse.From(order));
        if (!await db.TryMoveAsync(events, cache, order, request.Status, time, cancellationToken))
            return Problems.WrongState("order", order.Status, order.Next);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(OrderResponse.From(order));
    }

    /// <summary>Moves a locked order on, if it can, and puts the products of one that is cancelled back.</summary>
    internal static async Task<bool> TryMoveAsync(
        this ScaleHubDb db, EventOutbox events, CompanyCache cache, Order order, OrderState state, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!order.TryMove(state, time.GetDatabaseNow())) return false;
        if (state != OrderState.Cancelled) return true;
        var products = await db.LockProductsAsync(order.Lines.Select(l => l.ProductId), cancellationToken);
        // Taken after the products were locked, as with orders that are placed.
        var now = time.GetDatabaseNow();
        foreach (var line in order.Lines)
            db.StockMovements.Add(products[line.ProductId].Move(
                StockReason.Returned, line.Quantity, db.Tenant.RequiredUserId, now, order: order.Id));
        await events.AddAsync(OrderEvents.Cancelled, order.Id, OrderResponse.From(order));
        await cache.WillChangeAsync(PracticeModule.CachedProducts);
        return true;
    }
}
