using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// <c>GET /api/v1/webhooks?limit=&amp;cursor=</c>: the company's webhooks, newest first. There are ten at most and nobody asks
/// often, so the list is not cached.
/// </summary>
public static class ListWebhooks
{
    /// <summary>Lists the company's webhooks, newest first.</summary>
    // Served by the primary key.
    public static async Task<Ok<PagedList<WebhookResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(db.Webhooks, w => w.Id, WebhookResponse.Projection, cancellationToken));
}
