using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Addresses;

/// <summary>
/// <c>GET /api/v1/addresses/{id}/mail-items?status=&amp;limit=&amp;cursor=</c>: what came for an address, newest first.
/// </summary>
public static class ListAddressMail
{
    /// <summary>Lists what came for an address, newest first: one's own, or for admins any of the company.</summary>
    // Served by the index mail_items_by_address, or mail_items_of_address_by_status.
    public static async Task<Results<Ok<PagedList<MailItemResponse>>, NotFound>> HandleAsync(
        Guid id, [Description("Only mail in this state.")] EnumName<MailState>? status, [AsParameters] PageQuery page,
        AccessToken me, ReadDb db, CancellationToken cancellationToken)
    {
        if (!await db.Addresses.VisibleTo(me).AnyAsync(a => a.Id == id, cancellationToken)) return TypedResults.NotFound();
        var items = db.MailItems.Where(m => m.AddressId == id);
        if (status?.Value is { } state) items = items.Where(m => m.Status == state);
        return TypedResults.Ok(await page.NewestFirstAsync(items, m => m.Id, MailItemResponse.Projection, cancellationToken));
    }
}
