using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Paging;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>GET /api/v1/mail-items/{id}/scans?limit=&amp;cursor=</c>: what is in a mail item, newest first.</summary>
public static class ListMailScans
{
    /// <summary>Lists the scans of a mail item, newest first, with links to their content that work for 15 minutes.</summary>
    // Served by the index mail_scans_by_mail_item.
    public static async Task<Results<Ok<PagedList<FileResponse>>, NotFound>> HandleAsync(
        Guid id, [AsParameters] PageQuery page, AccessToken me, ReadDb db, FileLinks links, CancellationToken cancellationToken)
    {
        if (!await db.MailItems.VisibleTo(me, db.Addresses).AnyAsync(m => m.Id == id, cancellationToken)) return TypedResults.NotFound();
        var files = await page.NewestFirstAsync(
            db.MailScans.Where(s => s.MailItemId == id), s => s.Id, s => s.File, cancellationToken);
        return TypedResults.Ok(new PagedList<FileResponse>([.. files.Items.Select(f => FileResponse.From(f, links))], files.Page));
    }
}
