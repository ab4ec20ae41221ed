using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;

namespace ScaleHub.Modules.Practice;

/// <summary><c>DELETE /api/v1/products/{id}</c>.</summary>
public static class DeleteProduct
{
    /// <summary>Deletes a product and gives its place back.</summary>
    /// <remarks>One that was ordered is 409.</remarks>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, ScaleHubDb db, CompanyCache cache, CancellationToken cancellationToken)
    {
        await db.GiveBackQuotaAsync(cache, Product.Quota, id, cancellationToken);
        if (await db.Products.FromSql($"select * from products where id = {id} for update").SingleOrDefaultAsync(cancellationToken) is not { } found)
            return TypedResults.NotFound();
        db.Products.Remove(found);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
