using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Cards;

/// <summary>
/// <c>GET /api/v1/cards/shipments/all?status=&amp;limit=&amp;cursor=</c>: what the packing room has to do, newest first.
/// </summary>
public static class ListAllShipments
{
    /// <summary>Lists the shipments of all users of the company, newest first. For its admins.</summary>
    // Served by the primary key, or by the index shipping_requests_by_status.
    public static async Task<Ok<PagedList<ShipmentResponse>>> HandleAsync(
        [Description("Only shipments in this state.")] EnumName<ShipmentState>? status,
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(
            ListShipments.InState(db.Shipments, status), s => s.Id, ShipmentResponse.Projection, cancellationToken,
            PageSize.Small));
}
