using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// <c>POST /api/v1/orders/{id}/cancel</c>: an order that was not delivered is called off, and its products are back in stock.
/// </summary>
public static class CancelOrder
{
    /// <summary>Cancels an order. It stays in its month's quota, as it was placed in it.</summary>
    /// <remarks>One that was delivered is 409; one that is cancelled already stays so.</remarks>
    public static async Task<Results<Ok<OrderResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, EventOutbox events, CompanyCache cache, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Locked, so that of two who cancel one puts the products back.
        if (await db.LockOrderAsync(id, cancellationToken) is not { } order) return TypedResults.NotFound();
        ifMatch.Require(OrderResponse.From(order));
        if (order.Status != OrderState.Cancelled)
        {
            if (!await db.TryMoveAsync(events, cache, order, OrderState.Cancelled, time, cancellationToken))
                return Problems.WrongState("order", order.Status, order.Next);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(OrderResponse.From(order));
    }
}
