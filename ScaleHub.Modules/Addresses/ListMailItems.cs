using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>GET /api/v1/mail-items?status=&amp;limit=&amp;cursor=</c>: what the mail room has or had, newest first.</summary>
public static class ListMailItems
{
    /// <summary>Lists the mail of all addresses of the company, newest first. For admins.</summary>
    // Served by the primary key, or by the index mail_items_by_status.
    public static async Task<Ok<PagedList<MailItemResponse>>> HandleAsync(
        [Description("Only mail in this state.")] EnumName<MailState>? status, [AsParameters] PageQuery page, ReadDb db,
        CancellationToken cancellationToken)
    {
        var items = db.MailItems;
        if (status?.Value is { } state) items = items.Where(m => m.Status == state);
        return TypedResults.Ok(await page.NewestFirstAsync(items, m => m.Id, MailItemResponse.Projection, cancellationToken));
    }
}
