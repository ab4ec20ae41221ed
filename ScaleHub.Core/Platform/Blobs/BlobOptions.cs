namespace ScaleHub.Core.Platform.Blobs;

/// <summary>Section <c>Blobs</c>.</summary>
public sealed class BlobOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Blobs";

    /// <summary>
    /// The folder for the contents of files: the same for all instances and workers, so on several machines a shared file system.
    /// By default <c>scalehub-files</c> in the folder for the user's local application data.
    /// </summary>
    public string? Folder { get; set; }

    internal string Path => Folder
        ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "scalehub-files");
}
