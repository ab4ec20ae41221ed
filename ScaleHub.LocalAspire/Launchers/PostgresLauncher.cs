using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Runs what the official image of PostgreSQL runs: initdb and the scripts of <c>/docker-entrypoint-initdb.d</c> on the
/// first start, then the server with the container's arguments. A container with an entry point of its own (a standby) runs
/// that script, in which <c>docker-entrypoint.sh postgres …</c> starts the server as in the image. TCP on loopback only.
/// </summary>
internal sealed class PostgresLauncher : Launcher
{
    private static readonly UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public override ServerKind? Needs => ServerKind.Postgres;

    public override string? Program(ServerBinaries servers) => Path.Combine(servers.PostgresBinDirectory!, "postgres");

    public override bool Runs(IResource resource) => resource is ContainerResource && Image(resource) == "postgres";

    public override async Task<Launch> PrepareAsync(LaunchContext context, CancellationToken ct)
    {
        var binaries = context.Graph.Servers.PostgresBinDirectory!;
        var data = context.DataDirectory;
        CheckData(context, data);
        var files = await context.WriteContainerFilesAsync(ct);
        var server = ServerArguments(context, data);
        var environment = context.ContainerEnvironment(
            new("PGDATA", data), new("PGPORT", context.Port().ToString(CultureInfo.InvariantCulture)),
            new("PATH", $"{Path.Combine(context.WorkDirectory, "bin")}:{binaries}:{Environment.GetEnvironmentVariable("PATH")}"));

        if (((ContainerResource)context.Resource).Entrypoint is { } entrypoint)
        {
            WriteEntrypoint(context, server);
            return new(
                new("bash", [Path.Combine(files, entrypoint.TrimStart('/')), .. context.Args], environment, context.WorkDirectory,
                    context.ServerUser, StandardInput: null, context.Log),
                Signals.Interrupt);
        }

        // Removed when the first start is through: a start that finds it begins anew, as the data may be half made.
        var unfinished = $"{data}.unfinished";
        var isNew = File.Exists(unfinished) || !File.Exists(Path.Combine(data, "PG_VERSION"));
        if (isNew)
        {
            await File.WriteAllTextAsync(unfinished, "", ct);
            Directory.Delete(data, recursive: true);
            MakeData(context, data);
            await InitialiseAsync(context, binaries, data, environment, ct);
        }
        return new(
            new(Path.Combine(binaries, "postgres"), [.. server, .. context.Args.SkipWhile(a => a == "postgres")], environment,
                context.WorkDirectory, context.ServerUser, StandardInput: null, context.Log),
            Signals.Interrupt,
            token => isNew
                ? FinishFirstStartAsync(context, files, unfinished, environment, token)
                : CheckPasswordAsync(context, data, token));
    }

    private static List<string> ServerArguments(LaunchContext context, string data) =>
    [
        "-D", data, "-p", context.Port().ToString(CultureInfo.InvariantCulture),
        "-c", "listen_addresses=localhost", "-c", "unix_socket_directories=",
    ];

    private static void CheckData(LaunchContext context, string data)
    {
        var name = context.Resource.Name;
        if (File.Exists(data))
        {
            throw new StartException($"{name}: {data} is a file, and should be the data directory: move it away.");
        }
        MakeData(context, data);
        var version = Path.Combine(data, "PG_VERSION");
        var isUnfinished = File.Exists($"{data}.unfinished");
        if (!File.Exists(version) && !isUnfinished && Directory.EnumerateFileSystemEntries(data).Any())
        {
            throw new StartException(
                $"{name}: {data} is not a PostgreSQL data directory: "
                + "move what is in it away, or start with --reset to delete it.");
        }
        var major = context.Graph.Servers.PostgresMajor;
        if (File.Exists(version) && !isUnfinished && File.ReadAllText(version).Trim() is var made
            && made != major.ToString(CultureInfo.InvariantCulture))
        {
            throw new StartException($"{name}: the data in {data} was made by PostgreSQL {made}, but {major} is installed: "
                + $"install PostgreSQL {made}, or start with --reset to delete the data.");
        }
    }

    private static void MakeData(LaunchContext context, string data)
    {
        try
        {
            Directory.CreateDirectory(data, OwnerOnly);
            context.Graph.Files.GiveToServer(data, withContents: false);
            var probe = Path.Combine(data, ".writable");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            throw new StartException($"{context.Resource.Name}: the data directory {data} cannot be written: "
                + $"give it to {Environment.UserName}, or remove it.");
        }
    }

    private static async Task InitialiseAsync(
        LaunchContext context, string binaries, string data, Dictionary<string, string> environment, CancellationToken ct)
    {
        // A file, because the standard input of another user's process cannot be opened by name.
        var passwordFile = Path.Combine(context.WorkDirectory, "password");
        await using (var file = new FileStream(passwordFile, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        await using (var writer = new StreamWriter(file))
        {
            await writer.WriteLineAsync(context.Environment["POSTGRES_PASSWORD"]);
        }
        context.Graph.Files.GiveToServer(passwordFile);
        try
        {
            var extra = context.Environment.GetValueOrDefault("POSTGRES_INITDB_ARGS", "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            await context.RunAsync(
                Path.Combine(binaries, "initdb"),
                [
                    "-D", data, "-U", User(context), $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C.UTF-8",
                    "--no-instructions", .. extra,
                ],
                environment, ct);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    // In the image the scripts talk to a server that only they can reach. Here, others are told of the server only
    // after them, which saves a restart.
    private static async Task FinishFirstStartAsync(
        LaunchContext context, string files, string unfinished, Dictionary<string, string> environment, CancellationToken ct)
    {
        await WaitUntilItAnswersAsync(context, ct);
        var scripts = Path.Combine(files, "docker-entrypoint-initdb.d");
        var client = new Dictionary<string, string>(environment)
        {
            ["PGHOST"] = "localhost",
            ["PGUSER"] = User(context),
            ["PGPASSWORD"] = context.Environment["POSTGRES_PASSWORD"],
            ["PGDATABASE"] = "postgres",
            ["POSTGRES_DB"] = "postgres",
        };
        string[] found = Directory.Exists(scripts) ? Directory.GetFiles(scripts) : [];
        foreach (var script in found.Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(script) is ".sh")
            {
                await context.RunAsync("bash", [script], client, ct);
            }
            else if (Path.GetExtension(script) is ".sql")
            {
                await context.RunAsync("psql", ["-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-f", script], client, ct);
            }
        }
        File.Delete(unfinished);
    }

    // The password is in the data, and what the graph was told may have changed since: then nobody would ever get in.
    private static async Task CheckPasswordAsync(LaunchContext context, string data, CancellationToken ct)
    {
        try
        {
            await WaitUntilItAnswersAsync(context, ct);
        }
        catch (PostgresException refused) when (refused.SqlState is
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new StartException($"{context.Resource.Name}: the data in {data} was made with another password than "
                + "the one in the user secrets: restore the user secrets, or start with --reset to delete the data.");
        }
    }

    private static async Task WaitUntilItAnswersAsync(LaunchContext context, CancellationToken ct)
    {
        var connectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "localhost",
            Port = context.Port(),
            Username = User(context),
            Password = context.Environment["POSTGRES_PASSWORD"],
            Database = "postgres",
            Pooling = false,
        }.ConnectionString;
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(ct);
                return;
            }
            catch (NpgsqlException notYet) when (notYet.InnerException is SocketException
                || notYet is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow })
            {
                await Task.Delay(25, ct);
            }
        }
    }

    private static string User(LaunchContext context) => context.Environment.GetValueOrDefault("POSTGRES_USER", "postgres");

    /// <summary>
    /// The image's entry point, as far as a script that ends in <c>exec docker-entrypoint.sh postgres …</c> sees it.
    /// </summary>
    private static void WriteEntrypoint(LaunchContext context, List<string> server)
    {
        var folder = Directory.CreateDirectory(Path.Combine(context.WorkDirectory, "bin")).FullName;
        var path = Path.Combine(folder, "docker-entrypoint.sh");
        File.WriteAllText(path, $"""
            #!/bin/bash
            [ "$1" = postgres ] && shift
            exec postgres {string.Join(' ', server.Select(a => $"'{a}'"))} "$@"

            """);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        context.Graph.Files.GiveToServer(folder);
    }
}
