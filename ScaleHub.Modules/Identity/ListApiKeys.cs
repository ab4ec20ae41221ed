using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Identity;

/// <summary><c>GET /api/v1/api-keys?limit=&amp;cursor=</c>: the company's keys, newest first.</summary>
public static class ListApiKeys
{
    /// <summary>Lists the company's keys, newest first, those that have expired too.</summary>
    // Served by the primary key.
    public static async Task<Ok<PagedList<ApiKeyResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(db.ApiKeys, k => k.Id, ApiKeyResponse.Projection, cancellationToken));
}
