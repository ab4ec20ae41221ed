using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// <c>POST /api/v1/orders/{id}/cancel</c>: an order that was not delivered is called off, and its products are back in stock.
/// </summary>
public static class CancelOrder
{
    /// <summary>Cancels an order. It stays in its month's quota, as it was placed in it.</summary>
    /// <remarks>One that was delivered is 409; one that is cancelled already stays so.</remarks>
    public static async Task<Results<Ok<OrderResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, ScaleHubDb db, EventOutbox events, TimeProvider time, CancellationToken cancellationToken)
    {
        // Locked, so that of two who cancel one puts the products back.
        var order = await db.Orders.FromSql($"select * from orders where id = {id} for update")
            .Include(o => o.Lines).SingleOrDefaultAsync(cancellationToken);
        if (order is null) return TypedResults.NotFound();
        if (order.Status == OrderState.Delivered) return TypedResults.Problem("The order was delivered already.",
            statusCode: 409);
        if (order.Status != OrderState.Cancelled)
        {
            var products = await db.LockProductsAsync(order.Lines.Select(l => l.ProductId), cancellationToken);
            var now = time.GetDatabaseNow();
            foreach (var line in order.Lines)
            {
                products[line.ProductId].Stock += line.Quantity;
                products[line.ProductId].UpdatedAt = now;
            }
            (order.Status, order.UpdatedAt) = (OrderState.Cancelled, now);
            await events.AddAsync(OrderEvents.Cancelled, id, OrderResponse.From(order));
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(OrderResponse.From(order));
    }
}
