namespace ScaleHub.LocalAspire;

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
        ?? throw new StartException($"The program '{name}' is missing: install the package util-linux (Linux is required).");

    public static bool IsExecutable(string file) =>
        !OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file)
            & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    /// <summary>Numeric user and primary group: a group is not always named like its user (nobody is in nogroup).</summary>
    /// <exception cref="StartException">There is no such user.</exception>
    public static (string UserId, string GroupId) UserIds(string user)
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == user)
                return (fields[2], fields[3]);
        }

        throw new StartException($"The user '{user}' does not exist: add it, or start as an ordinary user.");
    }
}
