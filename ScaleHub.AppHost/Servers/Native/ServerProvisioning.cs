using ScaleHub.AppHost.Start;

namespace ScaleHub.AppHost.Servers.Native;

/// <summary>
/// Sees to it that the servers the graph needs are on this machine. Missing ones are installed with apt-get where that
/// needs no question asked (root, or sudo without a password); <c>SCALEHUB_NO_INSTALL=1</c> forbids it. In every other
/// case a <see cref="StartException"/> says in one line what is missing and how to install it.
/// </summary>
internal static class ServerProvisioning
{
    public const string NoInstallVariable = "SCALEHUB_NO_INSTALL";

    private static readonly (string Program, string Install, string Postgres, string Redis, string Nginx)[] PackageManagers =
    [
        ("apt-get", "sudo apt-get install -y", "postgresql", "redis-server", "nginx"),
        ("dnf", "sudo dnf install -y", "postgresql-server", "valkey", "nginx"),
        ("apk", "sudo apk add", "postgresql", "redis", "nginx"),
        ("brew", "brew install", "postgresql@17", "redis", "nginx"),
    ];

    public static Task<ServerPrograms> EnsureAsync(Action<string> progress, CancellationToken ct) =>
        EnsureAsync(ServerSearch.OfThisMachine(), progress, ct);

    internal static async Task<ServerPrograms> EnsureAsync(ServerSearch search, Action<string> progress, CancellationToken ct)
    {
        var (found, missing) = search.Find();
        if (found is not null)
            return found;

        if (Environment.GetEnvironmentVariable(NoInstallVariable) is { Length: > 0 } and not "0")
            throw Missing(missing, search, $" ({NoInstallVariable} forbids installing it)");
        if (HostPrograms.Find("apt-get", search.Directories) is null)
            throw Missing(missing, search, "");
        if (await AptInstallation.PrefixAsync(search, ct) is not { } prefix)
            throw Missing(missing, search, " (installing it needs root)");

        var packages = Packages(missing, "apt-get");
        progress($"Installing {string.Join(", ", packages)} with apt-get");
        if (await AptInstallation.RunAsync(prefix, packages, progress, ct) is { } failure)
            throw Missing(missing, search, $" (apt-get failed: {failure})");

        (found, missing) = search.Find();
        if (missing.Contains(ServerKind.Postgres))
        {
            throw new StartException(
                $"This distribution's PostgreSQL is older than {ServerSearch.OldestPostgres}: install a newer "
                + "one from https://www.postgresql.org/download/ and start again.");
        }

        return found ?? throw Missing(missing, search, " (apt-get installed the package, but no program)");
    }

    private static StartException Missing(IReadOnlyList<ServerKind> missing, ServerSearch search, string why)
    {
        var names = string.Join(" and ", missing.Select(Name));
        var manager = PackageManagers.FirstOrDefault(m => HostPrograms.Find(m.Program, search.Directories) is not null);
        var advice = manager.Program is null
            ? "install with the system's package manager"
            : $"run: {manager.Install} {string.Join(' ', Packages(missing, manager.Program))}";
        return new StartException($"Missing on this machine: {names}{why}; {advice}");
    }

    private static string Name(ServerKind kind) => kind switch
    {
        ServerKind.Postgres => $"PostgreSQL {ServerSearch.OldestPostgres} or newer",
        ServerKind.Redis => "redis-server",
        _ => "nginx",
    };

    private static List<string> Packages(IReadOnlyList<ServerKind> missing, string program)
    {
        var manager = PackageManagers.Single(m => m.Program == program);
        return [.. missing.Select(kind => kind switch
        {
            ServerKind.Postgres => manager.Postgres,
            ServerKind.Redis => manager.Redis,
            _ => manager.Nginx,
        })];
    }
}
