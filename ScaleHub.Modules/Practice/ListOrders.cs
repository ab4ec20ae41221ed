using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// <c>GET /api/v1/orders?status=&amp;patientId=&amp;limit=&amp;cursor=</c>: the company's orders, newest first.
/// </summary>
public static class ListOrders
{
    /// <summary>Lists the company's orders, newest first, without their lines.</summary>
    // Served by the primary key, or by the index orders_by_status or orders_by_patient.
    public static async Task<Ok<PagedList<OrderSummary>>> HandleAsync(
        [Description("Only orders in this state.")] EnumName<OrderState>? status,
        [Description("Only orders of this patient.")] Guid? patientId,
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        var orders = db.Orders;
        if (status?.Value is { } state) orders = orders.Where(o => o.Status == state);
        if (patientId is { } patient) orders = orders.Where(o => o.PatientId == patient);
        return TypedResults.Ok(await page.NewestFirstAsync(orders, o => o.Id, OrderSummary.Projection, cancellationToken));
    }
}
