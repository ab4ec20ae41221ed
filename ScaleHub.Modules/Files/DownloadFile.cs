using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Files;

/// <summary><c>GET /files/{token}</c>: the content of a file, for whoever has a link (<see cref="FileLinks"/>).</summary>
public static class DownloadFile
{
    /// <summary>
    /// The type of pages that ScaleHub makes, which are shown in the browser: without scripts, forms and requests. Anything else is saved.
    /// </summary>
    internal const string PageType = "text/html; charset=utf-8";

    /// <summary>Answers with the content of a file; parts of it on request (RFC 9110, 14).</summary>
    /// <remarks>404 also when the link has expired, or the file.</remarks>
    public static async Task<Results<FileStreamHttpResult, NotFound>> HandleAsync(
        string token, FileLinks links, Tenant tenant, ScaleHubDb db, IBlobStore blobs, TimeProvider time, HttpResponse response,
        CancellationToken cancellationToken)
    {
        if (links.Read(token) is not { } key) return TypedResults.NotFound();
        tenant.ActAs(key.CompanyId, null);
        // From the primary: a standby may not have heard of it yet, or that it was let go.
        var now = time.GetDatabaseNow();
        if (await db.Files.AsNoTracking().SingleOrDefaultAsync(
                f => f.Id == key.Id && f.SizeBytes != null && (f.ExpiresAt == null || f.ExpiresAt > now), cancellationToken) is not { } file)
            return TypedResults.NotFound();
        Stream? content;
        try
        {
            content = await blobs.OpenAsync(key, cancellationToken);
        }
        catch (IOException e)
        {
            throw new UnavailableException("Files cannot be read at the moment. Try again shortly.", e);
        }
        if (content is null) return TypedResults.NotFound();
        response.Headers.CacheControl = "private, no-cache";
        var isPage = file.ContentType == PageType;
        if (isPage) response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        return TypedResults.Stream(content, file.ContentType, isPage ? null : file.Name, file.CreatedAt,
            new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(file.Sha256!)}\""), enableRangeProcessing: true);
    }
}
