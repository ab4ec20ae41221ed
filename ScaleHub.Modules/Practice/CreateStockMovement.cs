using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/products/{id}/stock-movements</c>.</summary>
/// <param name="Reason">Received and returned come in, sold goes out, corrected does either.</param>
/// <param name="Quantity">At most 1,000,000; what goes out is negative. Never 0.</param>
/// <param name="Note">1 to 500 characters.</param>
[BodyExample("""{ "reason": "received", "quantity": 12, "note": "Delivery 4711" }""")]
public sealed record CreateStockMovementRequest(
    StockReason Reason,
    [property: Range(-CreateProductRequest.MaxStock, CreateProductRequest.MaxStock)] int Quantity,
    [property: Text(500, 1)] string? Note = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var fault = (Reason, Math.Sign(Quantity)) switch
        {
            (_, 0) => "Nothing moves: the quantity cannot be 0.",
            (StockReason.Sold, 1) => "What is sold goes out: the quantity is negative.",
            (StockReason.Received or StockReason.Returned, -1) =>
                "What is received or returned comes in: the quantity is positive.",
            _ => null,
        };
        if (fault is not null) yield return new(fault, [nameof(Quantity)]);
    }
}

/// <summary><c>POST /api/v1/products/{id}/stock-movements</c>: somebody changes the stock, other than by an order.</summary>
public static class CreateStockMovement
{
    /// <summary>Records that a product came in, went out, or was counted.</summary>
    /// <remarks>More than there is, or stock above 1,000,000, is 409.</remarks>
    public static async Task<Results<Created<StockMovementResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, CreateStockMovementRequest request, ScaleHubDb db, CompanyCache cache, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!(await db.LockProductsAsync([id], cancellationToken)).TryGetValue(id, out var product))
            return TypedResults.NotFound();
        var after = product.Stock + (long)request.Quantity;
        if (after < 0) return Problems.Conflict("quantity", $"There are only {product.Stock}.", ("stock", product.Stock));
        if (request.Quantity > 0 && after > CreateProductRequest.MaxStock)
            return Problems.Conflict(
                "quantity", $"There are {product.Stock}, and stock ends at {CreateProductRequest.MaxStock}.",
                ("stock", product.Stock));
        var movement = product.Move(
            request.Reason, request.Quantity, tenant.RequiredUserId, time.GetDatabaseNow(), note: request.Note);
        db.StockMovements.Add(movement);
        await cache.WillChangeAsync(PracticeModule.CachedProducts);
        await db.SaveChangesAsync(cancellationToken);
        // It has no address of its own; the list has it.
        return TypedResults.Created((string?)null, StockMovementResponse.From(movement));
    }
}
