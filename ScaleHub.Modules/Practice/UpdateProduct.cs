using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// Body of <c>PATCH /api/v1/products/{id}</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is. Stock changes
/// by movements alone, and what costs another currency is another product.
/// </summary>
[BodyExample("""{ "priceMinor": 1350 }""")]
public sealed record UpdateProductRequest
{
    /// <summary>The practice's own number, 1 to 64 characters; blanks around it do not count.</summary>
    [Text(64, 1), NotCleared]
    public Optional<string> Sku { get; init; }

    /// <summary>1 to 200 characters.</summary>
    [Text(200, 1), NotCleared]
    public Optional<string> Name { get; init; }

    /// <summary>Price of one, in minor units; of orders to come.</summary>
    [OptionalRange(typeof(long), "0", "10000000000")]
    public Optional<long> PriceMinor { get; init; }
}

/// <summary><c>PATCH /api/v1/products/{id}</c>: changes what the body names.</summary>
public static class UpdateProduct
{
    /// <summary>Changes the members that are given. Orders keep the price at which they were placed.</summary>
    /// <remarks>A number that another product has is 409.</remarks>
    public static async Task<Results<Ok<ProductResponse>, NotFound>> HandleAsync(
        Guid id, UpdateProductRequest request, IfMatch ifMatch, ScaleHubDb db, CompanyCache cache, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!(await db.LockProductsAsync([id], cancellationToken)).TryGetValue(id, out var product))
            return TypedResults.NotFound();
        ifMatch.Require(ProductResponse.From(product));
        product.Sku = request.Sku.Or(product.Sku).Trim();
        product.Name = request.Name.Or(product.Name);
        product.PriceMinor = request.PriceMinor.Or(product.PriceMinor);
        if (db.Entry(product).State == EntityState.Modified)
        {
            product.UpdatedAt = time.GetDatabaseNow();
            await cache.WillChangeAsync(PracticeModule.CachedProducts);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(ProductResponse.From(product));
    }
}
