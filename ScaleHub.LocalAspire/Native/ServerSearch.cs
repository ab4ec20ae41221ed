using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ScaleHub.LocalAspire;

internal enum ServerKind
{
    Postgres,
    Redis,
    Nginx,
}

/// <summary>Where the servers' programs are; null (and version 0) for one that was not asked for.</summary>
/// <param name="PostgresBinDirectory">Has <c>postgres</c>, <c>initdb</c> and <c>pg_basebackup</c>.</param>
/// <param name="PostgresMajor">The major version of those.</param>
/// <param name="RedisServer">The path of <c>redis-server</c> (or of <c>valkey-server</c>, its drop-in successor).</param>
/// <param name="Nginx">The path of <c>nginx</c>.</param>
internal sealed record ServerBinaries(string? PostgresBinDirectory, int PostgresMajor, string? RedisServer, string? Nginx);

/// <summary>Looks for installed servers.</summary>
/// <param name="Directories">Folders with programs, first match wins.</param>
/// <param name="PostgresRoots">Folders that hold one installation of PostgreSQL per version, as distributions lay them out.</param>
internal sealed partial record ServerSearch(IReadOnlyList<string> Directories, IReadOnlyList<string> PostgresRoots)
{
    /// <summary>Streaming replication as the graph sets it up is the same from this version on.</summary>
    public const int OldestPostgres = 15;

    private static readonly string[] PostgresPrograms = ["postgres", "initdb", "pg_basebackup"];

    public static ServerSearch OfThisMachine() => new(
        HostPrograms.Directories(Environment.GetEnvironmentVariable("PATH")),
        ["/usr/lib/postgresql", "/usr/libexec", "/usr"]);

    /// <summary>What is there of <paramref name="needed"/>, and what is not.</summary>
    public (ServerBinaries Found, IReadOnlyList<ServerKind> Missing) Find(IReadOnlySet<ServerKind> needed)
    {
        var postgres = needed.Contains(ServerKind.Postgres) ? NewestPostgres() : default;
        var redis = needed.Contains(ServerKind.Redis)
            ? HostPrograms.Find("redis-server", Directories) ?? HostPrograms.Find("valkey-server", Directories)
            : null;
        var nginx = needed.Contains(ServerKind.Nginx) ? HostPrograms.Find("nginx", Directories) : null;
        var found = new ServerBinaries(postgres.Directory, postgres.Major, redis, nginx);
        return (found, [.. needed.Order().Where(kind => !Has(found, kind))]);
    }

    private static bool Has(ServerBinaries found, ServerKind kind) => kind switch
    {
        ServerKind.Postgres => found.PostgresBinDirectory is not null,
        ServerKind.Redis => found.RedisServer is not null,
        _ => found.Nginx is not null,
    };

    private (string? Directory, int Major) NewestPostgres() => PostgresDirectories()
        .Where(directory => PostgresPrograms.All(program => HostPrograms.IsExecutable(Path.Combine(directory, program))))
        .Select(directory => (Directory: (string?)directory, Major: MajorVersion(Path.Combine(directory, "postgres"))))
        .Where(found => found.Major >= OldestPostgres)
        .OrderByDescending(found => found.Major)
        .FirstOrDefault();

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
