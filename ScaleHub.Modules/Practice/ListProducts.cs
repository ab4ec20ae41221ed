using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/products?limit=&amp;cursor=</c>: the company's products, newest first.</summary>
public static class ListProducts
{
    /// <summary>Lists the company's products, newest first.</summary>
    // Served by the primary key.
    public static async Task<Ok<PagedList<ProductResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(db.Products, x => x.Id, ProductResponse.Projection, cancellationToken));
}
