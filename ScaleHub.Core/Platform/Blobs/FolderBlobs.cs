using Microsoft.Extensions.Options;

namespace ScaleHub.Core.Platform.Blobs;

/// <summary>
/// Blobs as files in a folder, one folder for each company. A blob is written under another name, flushed to the disk, and renamed when
/// it is whole (rename(2) is atomic). A writer that is killed leaves the other name, which <see cref="DeleteAsync"/> removes.
/// </summary>
internal sealed class FolderBlobs(IOptions<BlobOptions> options) : IBlobStore
{
    private const int Buffer = 64 * 1024;

    /// <inheritdoc/>
    public async Task WriteAsync(BlobKey key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var part = Part(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, Buffer, FileOptions.Asynchronous))
            {
                await write(file, cancellationToken);
                file.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Refused(e);
        }
        catch
        {
            if (File.Exists(part)) File.Delete(part);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(BlobKey key, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(
                PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, Buffer, FileOptions.Asynchronous));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Refused(e);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        try
        {
            File.Delete(path);
            File.Delete(Part(path));
        }
        catch (DirectoryNotFoundException)
        {
            // The company never had a file.
        }
        catch (UnauthorizedAccessException e)
        {
            throw Refused(e);
        }
        return Task.CompletedTask;
    }

    private string PathOf(BlobKey key) => Path.Combine(options.Value.Path, $"{key.CompanyId:n}", $"{key.Id:n}");

    private static IOException Refused(UnauthorizedAccessException e) => new("The folder of files refuses access.", e);

    private static string Part(string path) => path + ".part";
}
