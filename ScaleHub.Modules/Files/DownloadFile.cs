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
        string token, FileLinks links, Tenant tenant, IServiceProvider services, IBlobStore blobs, TimeProvider time, HttpResponse response,
        CancellationToken cancellationToken)
    {
        if (links.Read(token) is not { } key) return TypedResults.NotFound();
        tenant.ActAs(key.CompanyId, null);
        // A standby may not have heard of it yet.
        if ((await FindAsync(services.GetRequiredService<ReadDb>().Files, key.Id, time, cancellationToken)
                ?? await FindAsync(services.GetRequiredService<ScaleHubDb>().Files, key.Id, time, cancellationToken)) is not { } file)
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

    private static Task<StoredFile?> FindAsync(IQueryable<StoredFile> files, Guid id, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        return files.AsNoTracking().SingleOrDefaultAsync(
            f => f.Id == id && f.SizeBytes != null && (f.ExpiresAt == null || f.ExpiresAt > now), cancellationToken);
    }
}
