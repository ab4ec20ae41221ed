using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/orders</c>.</summary>
/// <param name="PatientId">Who orders.</param>
/// <param name="Lines">1 to 100 products, each once, all in one currency.</param>
/// <param name="Notes">At most 10,000 characters.</param>
[BodyExample("""{ "patientId": "01a217e1-0704-759f-b784-0d15b44e9000", "lines": [{ "productId": "01a217e1-0704-759f-b784-0d15b44e9000", "quantity": 2 }] }""")]
public sealed record CreateOrderRequest(
    Guid PatientId,
    [property: Required, MinLength(1), MaxLength(100)] IReadOnlyList<CreateOrderLine> Lines,
    [property: Text(10_000)] string? Notes = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // JSON may have null in a list, whatever the list's type says.
        if (Lines.Any(l => l is null)) yield return new("A line cannot be null.", [nameof(Lines)]);
        else if (Lines.DistinctBy(l => l.ProductId).Count() < Lines.Count)
            yield return new("Each product may appear in only one line.", [nameof(Lines)]);
    }
}

/// <summary>So many of a product.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">1 to 1,000,000.</param>
public sealed record CreateOrderLine(Guid ProductId, [property: Range(1, CreateProductRequest.MaxStock)] int Quantity);

/// <summary><c>POST /api/v1/orders</c>: a patient orders; stock is taken at once, for all lines or for none.</summary>
public static class CreateOrder
{
    /// <summary>Places an order, as far as stock and the plan's orders of this month go.</summary>
    /// <remarks>Too little stock is 409, as is a patient who does not exist.</remarks>
    public static async Task<Results<Created<OrderResponse>, ProblemHttpResult, ValidationProblem>> HandleAsync(
        CreateOrderRequest request, ScaleHubDb db, EventOutbox events, CompanyCache cache, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var id = Guid.CreateVersion7(now);
        await db.TakeQuotaAsync(cache, Order.Quota, id, cancellationToken);
        var products = await db.LockProductsAsync(request.Lines.Select(l => l.ProductId), cancellationToken);
        for (var i = 0; i < request.Lines.Count; i++)
            if (!products.ContainsKey(request.Lines[i].ProductId))
                return Invalid($"lines[{i}].productId", "There is no such product.");
        if (products.Values.DistinctBy(p => p.Currency).Count() > 1)
            return Invalid("lines", "The products are in different currencies.");
        // Taken after the products were locked, so that movements of a product are in the order in which they happen.
        now = time.GetDatabaseNow();
        foreach (var (i, line) in request.Lines.Index())
        {
            var product = products[line.ProductId];
            if (product.Stock < line.Quantity)
                return Problems.Conflict($"lines[{i}].quantity", $"There are {product.Stock} of '{product.Name}', not {line.Quantity}.");
            db.StockMovements.Add(product.Move(StockReason.Sold, -line.Quantity, tenant.RequiredUserId, now, order: id));
        }
        var order = new Order
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = id,
            PatientId = request.PatientId,
            TotalMinor = request.Lines.Sum(l => products[l.ProductId].PriceMinor * l.Quantity),
            Currency = products.Values.First().Currency,
            Notes = request.Notes,
            CreatedBy = tenant.RequiredUserId,
            CreatedAt = now,
            UpdatedAt = now,
            Lines = [.. request.Lines.Select((l, i) => new OrderLine
            {
                CompanyId = tenant.RequiredCompanyId,
                OrderId = id,
                Line = i + 1,
                ProductId = l.ProductId,
                Quantity = l.Quantity,
                UnitPriceMinor = products[l.ProductId].PriceMinor,
            })],
        };
        db.Orders.Add(order);
        await cache.WillChangeAsync(PracticeModule.CachedProducts);
        await events.AddAsync(OrderEvents.Placed, id, OrderResponse.From(order));
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/orders/{id}", OrderResponse.From(order));
    }

    private static ValidationProblem Invalid(string member, string message)
        => TypedResults.ValidationProblem(new Dictionary<string, string[]> { [member] = [message] });
}
