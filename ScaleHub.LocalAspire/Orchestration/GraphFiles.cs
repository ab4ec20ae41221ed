using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>The folders of a graph: one per volume, kept between runs, and one per resource for the run.</summary>
internal sealed partial class GraphFiles(RunOptions options, string? serverUser)
{
    private static readonly UnixFileMode Traversable = (UnixFileMode)0b111_001_001;

    /// <summary>Makes the folders; after the record of the run is open, as they belong to one run at a time.</summary>
    public void Prepare()
    {
        if (options.Reset)
        {
            foreach (var entry in new DirectoryInfo(options.StateDirectory).EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo folder && folder.FullName != options.RunDirectory)
                {
                    folder.Delete(recursive: true);
                }
                else if (entry is FileInfo)
                {
                    entry.Delete();
                }
            }
        }
        RemoveTemp();
        // Others may pass through, on the way to what belongs to the servers' user, but not look around.
        foreach (var folder in (string[])[options.StateDirectory, options.RunDirectory, options.TempDirectory])
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, Traversable);
        }
    }

    public string Work(string resource)
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.TempDirectory, resource)).FullName;
        File.SetUnixFileMode(folder, Traversable);
        return folder;
    }

    public string Data(IResource resource)
        => resource.TryGetLastAnnotation<ContainerMountAnnotation>(out var mount)
            ? mount.Type == ContainerMountType.BindMount
                ? mount.Source!
                : Path.Combine(options.StateDirectory, mount.Source ?? $"{resource.Name}-data")
            : Path.Combine(Work(resource.Name), "data");

    /// <summary>
    /// Makes a file or folder the servers' user's, and what is in it unless the server itself has put it there.
    /// </summary>
    public void GiveToServer(string path, bool withContents = true)
    {
        if (serverUser is null)
        {
            return;
        }
        var (user, group) = HostPrograms.UserIds(serverUser);
        var inside = withContents && Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories) : [];
        foreach (var entry in inside.Prepend(path))
        {
            if (ChangeOwner(entry, uint.Parse(user, CultureInfo.InvariantCulture), uint.Parse(group, CultureInfo.InvariantCulture)) != 0)
            {
                throw new StartException(
                    $"{entry} cannot be given to the user {serverUser}: {Marshal.GetLastPInvokeErrorMessage()}.");
            }
        }
    }

    public void RemoveTemp()
    {
        if (Directory.Exists(options.TempDirectory))
        {
            Directory.Delete(options.TempDirectory, recursive: true);
        }
    }

    /// <summary>Removes everything; for tests, after the record of the run is closed.</summary>
    public void RemoveAll() => Directory.Delete(options.StateDirectory, recursive: true);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
