using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Cards;

/// <summary><c>GET /api/v1/cards/shipments?status=&amp;limit=&amp;cursor=</c>: the caller's shipments, newest first.</summary>
public static class ListShipments
{
    /// <summary>Lists the shipments that the caller asked for, newest first.</summary>
    // Served by the index shipping_requests_by_user or shipping_requests_by_user_status.
    public static async Task<Ok<PagedList<ShipmentResponse>>> HandleAsync(
        [Description("Only shipments in this state.")] EnumName<ShipmentState>? status,
        [AsParameters] PageQuery page, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(
            InState(db.Shipments.Where(s => s.UserId == tenant.RequiredUserId), status), s => s.Id, ShipmentResponse.Projection,
            cancellationToken, PageSize.Small));

    internal static IQueryable<Shipment> InState(IQueryable<Shipment> shipments, EnumName<ShipmentState>? status)
        => status?.Value is { } state ? shipments.Where(s => s.Status == state) : shipments;
}
