using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.Core.Platform.Blobs;

/// <summary>Registers the blob store.</summary>
public static class BlobsExtensions
{
    /// <summary>A folder, unless a program has registered another store.</summary>
    public static IHostApplicationBuilder AddBlobs(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<BlobOptions>().BindConfiguration(BlobOptions.Section)
            .Validate(o => CanUse(o.Path), $"{BlobOptions.Section}__Folder must be a folder that the program may write.").ValidateOnStart();
        builder.Services.TryAddSingleton<IBlobStore, FolderBlobs>();
        return builder;
    }

    private static bool CanUse(string folder)
    {
        try
        {
            if (folder.Length == 0) return false;
            Directory.CreateDirectory(folder);
            using var probe = File.Create(Path.Combine(folder, $".probe-{Guid.NewGuid():n}"), 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
