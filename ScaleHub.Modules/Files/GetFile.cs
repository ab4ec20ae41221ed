using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Files;

/// <summary><c>GET /api/v1/files/{id}</c>: what a file is, and a new link to its content.</summary>
public static class GetFile
{
    /// <summary>Reads what a file is, with a link to its content that works for 15 minutes.</summary>
    /// <remarks>Files that the caller uploaded or caused, for admins all uploads of the company.</remarks>
    public static async Task<Results<Ok<FileResponse>, NotFound>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, FileLinks links, TimeProvider time, CancellationToken cancellationToken)
    {
        // From the primary: a job has just written it, and a standby may not have heard, nor that it was let go.
        var (now, all) = (time.GetDatabaseNow(), Access.Allows(Roles.Admin, me.Role));
        var file = await db.Files
            .Where(f => f.Id == id && f.SizeBytes != null && (f.ExpiresAt == null || f.ExpiresAt > now) && ((all && f.IsUpload) || f.CreatedBy == me.UserId))
            .AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        return file is null ? TypedResults.NotFound() : TypedResults.Ok(FileResponse.From(file, links));
    }
}
