using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Jobs;
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

    /// <summary>Writes a file that a person sends. Call it outside a transaction, which would have to stay open all the while.</summary>
    /// <param name="description">What it is.</param>
    /// <param name="mostUnattached">Most files of the user that are attached to nothing, this one included.</param>
    /// <param name="write">Writes the content into the stream, which it does not close.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="FileTooLargeException">There was more content; nothing is kept.</exception>
    /// <exception cref="TooManyFilesException">The user has so many already.</exception>
    /// <exception cref="UnavailableException">The store does not answer, or is full.</exception>
    public async Task<StoredFile> UploadAsync(
        FileDescription description, int mostUnattached, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var user = db.Tenant.RequiredUserId;
        StoredFile file;
        await using (var transaction = await db.Database.BeginTransactionAsync(cancellationToken))
        {
            // Of uploads at the same time each sees the one before.
            await db.Database.ExecuteSqlAsync($"select from users where id = {user} for no key update", cancellationToken);
            var now = time.GetDatabaseNow();
            if (await db.Files.CountAsync(f => f.IsUpload && f.CreatedBy == user && f.ExpiresAt > now, cancellationToken) >= mostUnattached)
                throw new TooManyFilesException();
            file = await BeginAsync(description, isUpload: true, cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
        }
        return await FillAsync(file, description, write, cancellationToken);
    }

    /// <summary>Writes a file that a job makes, for who asked for it. Call it outside a transaction.</summary>
    /// <param name="description">What it is.</param>
    /// <param name="write">Writes the content into the stream, which it does not close.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="JobFailedException">There was more content than a file may have; trying again is no use.</exception>
    /// <exception cref="UnavailableException">The store does not answer, or is full.</exception>
    public async Task<StoredFile> MakeAsync(
        FileDescription description, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var file = await BeginAsync(description, isUpload: false, cancellationToken);
        try
        {
            return await FillAsync(file, description, write, cancellationToken);
        }
        catch (FileTooLargeException e)
        {
            throw new JobFailedException(e.Message);
        }
    }

    private async Task<StoredFile> BeginAsync(FileDescription description, bool isUpload, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var file = new StoredFile
        {
            CompanyId = db.Tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            Name = description.Name,
            ContentType = description.ContentType,
            ExpiresAt = now + Writing,
            CreatedBy = db.Tenant.UserId,
            IsUpload = isUpload,
            CreatedAt = now,
        };
        db.Files.Add(file);
        await db.SaveChangesAsync(cancellationToken);
        return file;
    }

    private async Task<StoredFile> FillAsync(
        StoredFile file, FileDescription description, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await blobs.WriteAsync(file.Blob, async (content, ct) =>
            {
                await using var measured = new MeasuredStream(content, hash, description.MaxBytes);
                await write(measured, ct);
                await measured.FlushAsync(ct);
                file.SizeBytes = measured.Length;
            }, cancellationToken);
        }
        catch (Exception e)
        {
            file.SizeBytes = null;
            await ExpireAsync(file);
            // BadHttpRequestException derives from IOException, but it is the client's mistake and not a failure of the store.
            if (e is IOException and not BadHttpRequestException)
                throw new UnavailableException("Files cannot be stored at the moment. Try again shortly.", e);
            throw;
        }
        file.Sha256 = hash.GetHashAndReset();
        file.ExpiresAt = time.GetDatabaseNow() + description.Keep;
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            // The row has gone: the sweep took the writer for dead, or the company was erased meanwhile.
            await blobs.DeleteAsync(file.Blob, CancellationToken.None);
            throw;
        }
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
        catch (Exception e) when (e is DbUpdateConcurrencyException || DatabaseErrors.IsPassing(e))
        {
            // It expires within a day by itself, or has gone already.
        }
    }
}

/// <summary>What a file is that is to be written.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="ContentType">Of the content.</param>
/// <param name="Keep">How long it can be read, unless something keeps it (<c>AttachFileAsync</c>).</param>
/// <param name="MaxBytes">Most bytes of content.</param>
public sealed record FileDescription(string Name, string ContentType, TimeSpan Keep, long MaxBytes);

/// <summary>The content is larger than it may be.</summary>
/// <param name="maxBytes">Most bytes.</param>
public sealed class FileTooLargeException(long maxBytes) : Exception($"The file would have more than {maxBytes} bytes.");

/// <summary>A user has as many files that are attached to nothing as may be.</summary>
public sealed class TooManyFilesException : Exception;
