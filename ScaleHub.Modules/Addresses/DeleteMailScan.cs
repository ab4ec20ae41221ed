using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>DELETE /api/v1/mail-items/{id}/scans/{scanId}</c>: the mail room takes a scan back, as of another's letter.</summary>
public static class DeleteMailScan
{
    /// <summary>Deletes a scan of a mail item. Links to it end at once. The item stays scanned. For admins.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, Guid scanId, AccessToken me, ScaleHubDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        // Locked, so that of two who delete it the second finds nothing.
        if (await db.LockMailItemAsync(id, me, cancellationToken) is null
            || await db.MailScans.SingleOrDefaultAsync(s => s.Id == scanId && s.MailItemId == id, cancellationToken) is not { } scan)
            return TypedResults.NotFound();
        db.MailScans.Remove(scan);
        await db.SaveChangesAsync(cancellationToken);
        await db.DetachFilesAsync([scanId], time, cancellationToken);
        return TypedResults.NoContent();
    }
}
