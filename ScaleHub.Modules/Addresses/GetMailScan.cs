using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>GET /api/v1/mail-items/{id}/scans/{scanId}</c>.</summary>
public static class GetMailScan
{
    /// <summary>Reads what a scan of a mail item is, with a link to its content that works for 15 minutes.</summary>
    public static async Task<Results<Ok<FileResponse>, NotFound>> HandleAsync(
        Guid id, Guid scanId, AccessToken me, ReadDb db, FileLinks links, CancellationToken cancellationToken)
    {
        var items = db.MailItems.VisibleTo(me, db.Addresses);
        return await db.MailScans.Where(s => s.Id == scanId && s.MailItemId == id && items.Any(m => m.Id == id)).Select(s => s.File)
            .SingleOrDefaultAsync(cancellationToken) is { } file
            ? TypedResults.Ok(FileResponse.From(file, links))
            : TypedResults.NotFound();
    }
}
