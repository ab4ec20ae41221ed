using System.Diagnostics;
using Npgsql;

namespace ScaleHub.Testing;

/// <summary>A throw-away standby that streams from a <see cref="PostgresServer"/>, cloned from it, with its settings.</summary>
public sealed class StandbyServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _directory = Directory.CreateTempSubdirectory("scalehub-test-").FullName;
    private readonly PostgresServer _primary;
    private Process? _server;
    private int _port;

    private StandbyServer(PostgresServer primary) => _primary = primary;

    /// <summary>Clones the primary and follows it.</summary>
    public static async Task<StandbyServer> StartAsync(PostgresServer primary)
    {
        var standby = new StandbyServer(primary);
        try
        {
            await standby.StartAsync();
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string of the primary, for this server.</summary>
    public string Of(string primary) => new NpgsqlConnectionStringBuilder(primary) { Port = _port }.ConnectionString;

    /// <summary>The setting with which a program reads from it.</summary>
    public (string Name, string Value) SettingFor(TestDatabase database)
        => ("DATABASE_READ_REPLICAS", new NpgsqlConnectionStringBuilder(Of(database.App)) { Pooling = true }.ConnectionString);

    /// <summary>Waits until it has everything that the primary has now.</summary>
    public async Task CatchUpAsync()
    {
        var position = (await PostgresServer.QueryAsync(_primary.ConnectionString(), "select pg_current_wal_flush_lsn()::text")).Single();
        await Poll.UntilAsync(
            async () => Assert.Equal("True", (await PostgresServer.QueryAsync(
                Of(_primary.ConnectionString()), $"select pg_last_wal_replay_lsn() >= '{position}'")).Single()),
            Patience.TotalSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            await PostgresServer.RunAsync(Process.Start("kill", ["-INT", $"{_server.Id}"]));
            await _server.WaitForExitAsync().WaitAsync(Patience);
        }
        _server?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAsync()
    {
        if (Environment.IsPrivilegedProcess) await PostgresServer.RunAsync(Process.Start("chown", ["-R", "postgres", _directory]));
        var (log, data) = (Path.Combine(_directory, "log"), Path.Combine(_directory, "data"));
        // -R: it becomes a standby of the server that it was cloned from.
        await PostgresServer.RunAsync(await PostgresServer.StartProgramAsync(log, "pg_basebackup", "-d",
            $"host=127.0.0.1 port={_primary.Port} user=postgres", "-D", data, "-X", "stream", "-R", "--checkpoint=fast", "--no-sync"));
        _port = FreePort.Find();
        _server = await PostgresServer.StartProgramAsync(log, "postgres", ["-D", data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", "hot_standby_feedback=on", "-c", _primary.Durable ? "fsync=on" : "fsync=off",
            .. _primary.Settings.SelectMany(setting => (string[])["-c", setting])]);
        await Poll.UntilAsync(() => PostgresServer.ExecuteAsync(Of(_primary.ConnectionString()), "select 1"), Patience.TotalSeconds);
    }
}
