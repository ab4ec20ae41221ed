using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Practice;

/// <summary><c>GET /api/v1/products/{id}</c>.</summary>
public static class GetProduct
{
    /// <summary>Reads a product. One of another company does not exist.</summary>
    public static async Task<Results<Ok<ProductResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Products.Where(x => x.Id == id).Select(ProductResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
}
