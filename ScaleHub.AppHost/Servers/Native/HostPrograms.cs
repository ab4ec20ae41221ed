using ScaleHub.AppHost.Start;

namespace ScaleHub.AppHost.Servers.Native;

/// <summary>Finds programs and users of this machine.</summary>
internal static class HostPrograms
{
    // An ordinary user's PATH often lacks the sbin folders, where nginx is.
    private static readonly string[] Standard =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>The folders of a PATH, then the standard ones.</summary>
    public static IReadOnlyList<string> Directories(string? path) =>
        [.. (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(Standard).Distinct()];

    public static string? Find(string name, IEnumerable<string> directories) =>
        directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(IsExecutable);

    /// <summary>A program of the base system that this process cannot do without.</summary>
    /// <exception cref="StartException">It is not there.</exception>
    public static string Require(string name) =>
        Find(name, Directories(Environment.GetEnvironmentVariable("PATH")))
        ?? throw new StartException($"The program '{name}' is missing: install the package util-linux.");

    public static bool IsExecutable(string file) =>
        !OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file)
            & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
