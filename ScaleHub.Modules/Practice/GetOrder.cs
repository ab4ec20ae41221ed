using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/orders/{id}</c>.</summary>
public static class GetOrder
{
    /// <summary>Reads an order with its lines. One of another company does not exist.</summary>
    public static async Task<Results<Ok<OrderResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Orders.Include(o => o.Lines).SingleOrDefaultAsync(o => o.Id == id, cancellationToken) is { } order
            ? TypedResults.Ok(OrderResponse.From(order))
            : TypedResults.NotFound();
}
