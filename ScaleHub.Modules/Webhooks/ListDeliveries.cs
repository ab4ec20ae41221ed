using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// <c>GET /api/v1/webhooks/{id}/deliveries?state=&amp;limit=&amp;cursor=</c>: what was sent in the last 30 days, newest first.
/// </summary>
public static class ListDeliveries
{
    /// <summary>Lists what was sent to a webhook, or is to be, newest first, with the receiver's last answer.</summary>
    // Served by the index webhook_deliveries_by_webhook or webhook_deliveries_by_state.
    public static async Task<Results<Ok<PagedList<DeliveryResponse>>, NotFound>> HandleAsync(
        Guid id, [Description("Only those in this state.")] EnumName<DeliveryState>? state,
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        if (!await db.Webhooks.AnyAsync(w => w.Id == id, cancellationToken)) return TypedResults.NotFound();
        var deliveries = db.WebhookDeliveries.Where(d => d.WebhookId == id);
        if (state is { Value: var wanted }) deliveries = deliveries.Where(d => d.State == wanted);
        return TypedResults.Ok(await page.NewestFirstAsync(deliveries, d => d.Id, DeliveryResponse.Projection, cancellationToken));
    }
}
