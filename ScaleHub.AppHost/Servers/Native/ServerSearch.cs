using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ScaleHub.AppHost.Servers.Native;

internal enum ServerKind
{
    Postgres,
    Redis,
    Nginx,
}

/// <summary>Where the programs of the servers are.</summary>
/// <param name="PostgresDirectory">Has <c>postgres</c>, <c>initdb</c> and <c>pg_basebackup</c>.</param>
/// <param name="Redis">The path of <c>redis-server</c>, or of <c>valkey-server</c>, its drop-in successor.</param>
/// <param name="Nginx">The path of <c>nginx</c>.</param>
internal sealed record ServerPrograms(string PostgresDirectory, string Redis, string Nginx);

/// <summary>Looks for installed servers.</summary>
/// <param name="Directories">Folders with programs, first match wins.</param>
/// <param name="PostgresRoots">Folders that hold one installation of PostgreSQL per version, as distributions lay them
/// out.</param>
internal sealed partial record ServerSearch(IReadOnlyList<string> Directories, IReadOnlyList<string> PostgresRoots)
{
    /// <summary>Streaming replication as the graph sets it up is the same from this version on.</summary>
    public const int OldestPostgres = 15;

    private static readonly string[] PostgresPrograms = ["postgres", "initdb", "pg_basebackup"];

    public static ServerSearch OfThisMachine() => new(
        HostPrograms.Directories(Environment.GetEnvironmentVariable("PATH")),
        ["/usr/lib/postgresql", "/usr/libexec", "/usr"]);

    /// <summary>The servers, or null and those that are missing.</summary>
    public (ServerPrograms? Found, IReadOnlyList<ServerKind> Missing) Find()
    {
        var postgres = NewestPostgres();
        var redis = HostPrograms.Find("redis-server", Directories) ?? HostPrograms.Find("valkey-server", Directories);
        var nginx = HostPrograms.Find("nginx", Directories);
        List<ServerKind> missing = [];
        if (postgres is null) missing.Add(ServerKind.Postgres);
        if (redis is null) missing.Add(ServerKind.Redis);
        if (nginx is null) missing.Add(ServerKind.Nginx);
        return (missing is [] ? new(postgres!, redis!, nginx!) : null, missing);
    }

    private string? NewestPostgres() => PostgresDirectories()
        .Where(directory => PostgresPrograms.All(program => HostPrograms.IsExecutable(Path.Combine(directory, program))))
        .Select(directory => (Directory: (string?)directory, Major: MajorVersion(Path.Combine(directory, "postgres"))))
        .Where(found => found.Major >= OldestPostgres)
        .OrderByDescending(found => found.Major)
        .FirstOrDefault().Directory;

    // Debian: /usr/lib/postgresql/15/bin; Alpine: /usr/libexec/postgresql17; Red Hat: /usr/pgsql-17/bin; else the PATH.
    private IEnumerable<string> PostgresDirectories() => PostgresRoots
        .Where(Directory.Exists)
        .SelectMany(Directory.EnumerateDirectories)
        .Where(directory => VersionedFolder().IsMatch(Path.GetFileName(directory)))
        .SelectMany(directory => (string[])[Path.Combine(directory, "bin"), directory])
        .Concat(Directories);

    private static int MajorVersion(string postgres)
    {
        using var process = Process.Start(new ProcessStartInfo(postgres, "--version") { RedirectStandardOutput = true })!;
        var answer = process.StandardOutput.ReadToEnd(); // "postgres (PostgreSQL) 15.10 (Debian 15.10-0+deb12u1)"
        process.WaitForExit();
        var version = VersionNumber().Match(answer);
        return version.Success ? int.Parse(version.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"^(\d+|(postgresql|pgsql)([@-]?\d+)?)$")]
    private static partial Regex VersionedFolder();

    [GeneratedRegex(@"\) (\d+)")]
    private static partial Regex VersionNumber();
}
