using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Testing;


/// <summary>A database with the schema in place; the strings are the owner's and the application's.</summary>
public sealed record TestDatabase(string Owner, string App);

/// <summary>
/// A throw-away PostgreSQL server: a new cluster in a temporary directory, on a free port of the loopback interface. Root starts
/// it as the user <c>postgres</c>, since PostgreSQL refuses root.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    /// <summary>The secret that signing keys in its databases are sealed with.</summary>
    public const string Secret = "a secret of the tests, long enough for them";

    private const string Password = "test-password", Template = "scalehub_template";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("scalehub-test-").FullName;
    private Process? _server;
    private int _port, _databases;

    /// <summary>Whether a commit waits for the disk, as in production; tests do not need it, measurements do.</summary>
    public bool Durable { get; init; }

    /// <summary>Settings of the server besides (<c>max_connections=300</c>).</summary>
    public string[] Settings { get; init; } = [];

    /// <summary>What the server logs.</summary>
    public string LogFile => Path.Combine(_directory, "log");

    internal int Port => _port;

    private string Data => Path.Combine(_directory, "data");

    /// <summary>The superuser's connection string for a database.</summary>
    public string ConnectionString(string database = "postgres", string user = "postgres")
        => $"Host=127.0.0.1;Port={_port};Username={user};Password={Password};Database={database};Pooling=false;Timeout=2";

    /// <summary>A fresh database, with or without the schema.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(bool migrated = true)
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString(), $"create database {name}" + (migrated ? $" template {Template}" : ""));
        return new(ConnectionString(name), ConnectionString(name, Migrator.AppRole));
    }

    /// <summary>Applies the migrations to a database.</summary>
    public static async Task MigrateAsync(string connectionString)
    {
        await using var owner = NpgsqlDataSource.Create(connectionString);
        var secrets = new SecretBox(Options.Create(new SecretOptions { Secret = Secret }));
        await new Migrator(owner, ModuleList.Schema.Migrations()).MigrateAsync(
            Password,
            applied: _ => { },
            underLock: connection => SigningKeys.EnsureAsync(connection, secrets, CancellationToken.None),
            CancellationToken.None);
    }

    /// <summary>Where a program of PostgreSQL is (<c>pgbench</c>).</summary>
    public static async Task<string> FindProgramAsync(string program)
        => Path.Combine((await InstalledServers.FindAsync()).PostgresDirectory, program);

    // Two seconds to connect are for the programs that are tested. What a test itself asks for waits for a busy machine.
    private static string Patient(string connectionString)
        => new NpgsqlConnectionStringBuilder(connectionString) { Timeout = 60, CommandTimeout = 120 }.ConnectionString;

    /// <summary>Runs statements.</summary>
    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(Patient(connectionString));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of every row, as text.</summary>
    public static async Task<List<string>> QueryAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(Patient(connectionString));
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync()) rows.Add(reader.IsDBNull(0) ? "" : Convert.ToString(reader.GetValue(0), null)!);
        return rows;
    }

    public async Task InitializeAsync()
    {
        var passwords = Path.Combine(_directory, "password");
        await File.WriteAllTextAsync(passwords, Password);
        if (Environment.IsPrivilegedProcess) await RunAsync(Process.Start("chown", ["-R", "postgres", _directory]));
        await RunAsync(await StartProgramAsync(LogFile, "initdb", "-D", Data, "-U", "postgres", "--pwfile", passwords,
            "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"));
        _port = FreePort.Find();
        await StartAgainAsync();
        await ExecuteAsync(ConnectionString(), $"create database {Template}");
        await MigrateAsync(ConnectionString(Template));
    }

    /// <summary>Starts it with the data that it has, as after <see cref="KillAsync"/>, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        _server?.Dispose();
        _server = await StartProgramAsync(LogFile, "postgres", ["-D", Data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", Durable ? "fsync=on" : "fsync=off", "-c", "logging_collector=off",
            .. Settings.SelectMany(setting => (string[])["-c", setting])]);
        await Poll.UntilAsync(() => ExecuteAsync(ConnectionString(), "select 1"), Patience.TotalSeconds);
    }

    /// <summary>kill -9 of the server and all its processes.</summary>
    public async Task KillAsync()
    {
        ProcessTree.Kill(_port);
        await _server!.WaitForExitAsync().WaitAsync(Patience);
    }

    public async Task DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            // SIGINT: a fast shutdown, which does not wait for clients.
            await RunAsync(Process.Start("kill", ["-INT", $"{_server.Id}"]));
            await _server.WaitForExitAsync().WaitAsync(Patience);
        }
        _server?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Starts a program of PostgreSQL as the user that servers run as; what it says goes to a file.</summary>
    internal static async Task<Process> StartProgramAsync(string logFile, string program, params IEnumerable<string> arguments)
    {
        var path = await FindProgramAsync(program);
        string[] command = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", path, .. arguments]
            : [path, .. arguments];
        // A failure shows by the exit code, or by no answer; the log says why.
        return Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >>\"$SERVER_LOG\" 2>&1 </dev/null", "sh", .. command])
        {
            WorkingDirectory = "/",
            Environment = { ["SERVER_LOG"] = logFile, ["PGPASSWORD"] = Password },
        })!;
    }

    internal static async Task RunAsync(Process process)
    {
        using (process)
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(0, process.ExitCode);
        }
    }
}
