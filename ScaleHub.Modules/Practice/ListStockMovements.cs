using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// <c>GET /api/v1/products/{id}/stock-movements?limit=&amp;cursor=</c>: why a product's stock is what it is, newest first.
/// </summary>
public static class ListStockMovements
{
    /// <summary>Lists the changes of a product's stock, newest first.</summary>
    // Served by the index stock_movements_by_product.
    public static async Task<Results<Ok<PagedList<StockMovementResponse>>, NotFound>> HandleAsync(
        Guid id, [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        var movements = await page.NewestFirstAsync(
            db.StockMovements.Where(m => m.ProductId == id), m => m.Id, StockMovementResponse.Projection, cancellationToken);
        // Where there are movements there is their product.
        return movements.Items.Count > 0 || await db.Products.AnyAsync(p => p.Id == id, cancellationToken)
            ? TypedResults.Ok(movements)
            : TypedResults.NotFound();
    }
}
