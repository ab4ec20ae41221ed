namespace ScaleHub.Core.Platform.Blobs;

/// <summary>Which blob: a file's content, by company.</summary>
/// <param name="CompanyId">Whose it is.</param>
/// <param name="Id">The file's identifier.</param>
public readonly record struct BlobKey(Guid CompanyId, Guid Id);

/// <summary>
/// Keeps the contents of files; what they are called and who may read them is in the database (the module Files). A folder by default
/// (<see cref="FolderBlobs"/>); register another implementation for an object store.
/// <para>Guarantee: a blob is there as a whole or not at all, under its final key, and is never changed; what was written is there
/// after a restart, and for every instance.</para>
/// <para>Errors: an <see cref="IOException"/> when the store does not answer or is full. A request is then 503, and a job is tried
/// again.</para>
/// </summary>
public interface IBlobStore
{
    /// <summary>Writes a blob. Nothing is kept of it unless <paramref name="write"/> returns.</summary>
    /// <param name="key">Of a blob that is not there yet.</param>
    /// <param name="write">Writes the content into the stream, which it does not close.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    Task WriteAsync(BlobKey key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken);

    /// <summary>Opens a blob for reading. Null: there is none.</summary>
    Task<Stream?> OpenAsync(BlobKey key, CancellationToken cancellationToken);

    /// <summary>Deletes a blob, and what a writer that was killed left of it. No error if there is none.</summary>
    Task DeleteAsync(BlobKey key, CancellationToken cancellationToken);
}
