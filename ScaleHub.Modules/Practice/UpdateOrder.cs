using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>PATCH /api/v1/orders/{id}</c> (JSON Merge Patch, RFC 7396). What was ordered stays.</summary>
[BodyExample("""{ "notes": "Calls before coming." }""")]
public sealed record UpdateOrderRequest
{
    /// <summary>At most 10,000 characters; null clears it.</summary>
    [Text(10_000)]
    public Optional<string?> Notes { get; init; }
}

/// <summary><c>PATCH /api/v1/orders/{id}</c>: changes an order's notes, in any state.</summary>
public static class UpdateOrder
{
    /// <summary>Changes the notes of an order; null clears them.</summary>
    public static async Task<Results<Ok<OrderResponse>, NotFound>> HandleAsync(
        Guid id, UpdateOrderRequest request, IfMatch ifMatch, ScaleHubDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockOrderAsync(id, cancellationToken) is not { } order) return TypedResults.NotFound();
        ifMatch.Require(OrderResponse.From(order));
        order.Notes = request.Notes.Or(order.Notes);
        if (db.Entry(order).State == EntityState.Modified)
        {
            order.UpdatedAt = time.GetDatabaseNow();
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(OrderResponse.From(order));
    }
}
