using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/products/{id}</c>.</summary>
public static class DeleteProduct
{
    /// <summary>Deletes a product and gives its place back.</summary>
    /// <remarks>One that was ordered is 409.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Product.Quota, id, cancellationToken);
        if (!(await db.LockProductsAsync([id], cancellationToken)).TryGetValue(id, out var product))
            return TypedResults.NotFound();
        ifMatch.Require(ProductResponse.From(product));
        await cache.WillChangeAsync(PracticeModule.CachedProducts);
        db.Products.Remove(product);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
