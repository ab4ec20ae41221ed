using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>Body of <c>POST /api/v1/products</c>.</summary>
/// <param name="Sku">The practice's own number, 1 to 64 characters; blanks around it do not count.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="PriceMinor">Price of one, in minor units.</param>
/// <param name="Currency">Three capital letters (ISO 4217).</param>
/// <param name="Stock">How many there are to sell.</param>
[BodyExample("""{ "sku": "LENS-1", "name": "Lens", "priceMinor": 1250, "currency": "EUR", "stock": 10 }""")]
public sealed record CreateProductRequest(
    [property: Required, Text(64, 1)] string Sku,
    [property: Required, Text(200, 1)] string Name,
    [property: Range(0, CreateProductRequest.MaxPriceMinor)] long PriceMinor,
    [property: Required, RegularExpression("[A-Z]{3}", ErrorMessage = "Use three capital letters, as EUR.")] string Currency,
    [property: Range(0, CreateProductRequest.MaxStock)] int Stock = 0)
{
    // With these, the total of an order of 100 lines of 1,000,000 cannot overflow.
    internal const long MaxPriceMinor = 10_000_000_000;

    internal const int MaxStock = 1_000_000;
}

/// <summary><c>POST /api/v1/products</c>: a product is added to the catalogue.</summary>
public static class CreateProduct
{
    /// <summary>Adds a product, as far as the plan allows.</summary>
    /// <remarks>A number that another product has is 409.</remarks>
    public static async Task<Created<ProductResponse>> HandleAsync(
        CreateProductRequest request, ScaleHubDb db, CompanyCache cache, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var product = new Product
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            Sku = request.Sku.Trim(),
            Name = request.Name,
            PriceMinor = request.PriceMinor,
            Currency = request.Currency,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await db.TakeQuotaAsync(cache, Product.Quota, product.Id, cancellationToken);
        db.Products.Add(product);
        if (request.Stock > 0)
            db.StockMovements.Add(product.Move(StockReason.Received, request.Stock, tenant.RequiredUserId, now));
        await cache.WillChangeAsync(PracticeModule.CachedProducts);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/products/{product.Id}", ProductResponse.From(product));
    }
}
