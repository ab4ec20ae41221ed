using ScaleHub.Core.Platform.Caching;
using ScaleHub.Http.Caching;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/products?limit=&amp;cursor=</c>: the company's products, newest first.
/// Cached until one of them changes, its stock included.</summary>
public static class ListProducts
{
    /// <summary>Lists the company's products, newest first.</summary>
    // Served by the primary key.
    public static async Task<CachedOk<PagedList<ProductResponse>>> HandleAsync(
        [AsParameters] PageQuery page, CompanyCache cache, CancellationToken cancellationToken)
        => await page.NewestFirstAsync(
            cache, PracticeModule.CachedProducts, db => db.Products, p => p.Id, ProductResponse.Projection, cancellationToken);
}
