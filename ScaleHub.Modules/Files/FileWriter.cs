using System.Security.Cryptography;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Files;

/// <summary>
/// Writes a file: its row first, then the content, then the row says that the content is there.
/// <para>Guarantee: nobody sees a file whose content is not whole, and whoever is killed in between, the sweep deletes what is left
/// within a day. Memory is bounded by a buffer, whatever the size.</para>
/// </summary>
public sealed class FileWriter(ScaleHubDb db, IBlobStore blobs, TimeProvider time)
{
    /// <summary>So long may the writing take, before the sweep takes it for abandoned.</summary>
    private static readonly TimeSpan Writing = TimeSpan.FromDays(1);

    /// <summary>Writes a file. Call it outside a transaction, which would have to stay open all the while.</summary>
    /// <param name="name">1 to 200 characters.</param>
    /// <param name="contentType">Of the content.</param>
    /// <param name="keep">How long it can be read, unless something keeps it (<c>KeepFileAsync</c>).</param>
    /// <param name="maxBytes">Most bytes of content.</param>
    /// <param name="write">Writes the content into the stream, which it does not close.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="FileTooLargeException">There was more content; nothing is kept.</exception>
    /// <exception cref="UnavailableException">The store does not answer, or is full.</exception>
    public async Task<StoredFile> WriteAsync(
        string name, string contentType, TimeSpan keep, long maxBytes, Func<Stream, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var file = new StoredFile
        {
            CompanyId = db.Tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            Name = name,
            ContentType = contentType,
            ExpiresAt = now + Writing,
            CreatedBy = db.Tenant.UserId,
            CreatedAt = now,
        };
        db.Files.Add(file);
        await db.SaveChangesAsync(cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await blobs.WriteAsync(file.Blob, async (content, ct) =>
            {
                await using var measured = new MeasuredStream(content, hash, maxBytes);
                await write(measured, ct);
                await measured.FlushAsync(ct);
                file.SizeBytes = measured.Length;
            }, cancellationToken);
        }
        catch (Exception e)
        {
            file.SizeBytes = null;
            await ExpireAsync(file);
            // The framework derives the mistakes of requests from it, too.
            if (e is IOException and not BadHttpRequestException) throw new UnavailableException("Files cannot be stored at the moment. Try again shortly.", e);
            throw;
        }
        file.Sha256 = hash.GetHashAndReset();
        file.ExpiresAt = time.GetDatabaseNow() + keep;
        await db.SaveChangesAsync(cancellationToken);
        return file;
    }

    // So that what is left goes at the next sweep, and not in a day.
    private async Task ExpireAsync(StoredFile file)
    {
        try
        {
            file.ExpiresAt = time.GetDatabaseNow();
            await db.SaveChangesAsync(CancellationToken.None);
        }
        catch (Exception e) when (DatabaseErrors.IsPassing(e))
        {
            // It expires within a day by itself.
        }
    }
}

/// <summary>The content is larger than it may be.</summary>
/// <param name="maxBytes">Most bytes.</param>
public sealed class FileTooLargeException(long maxBytes) : Exception($"The file is larger than {maxBytes} bytes.");
