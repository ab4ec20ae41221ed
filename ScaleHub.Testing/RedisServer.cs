using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Redis;
using StackExchange.Redis;

namespace ScaleHub.Testing;

/// <summary>
/// A throw-away Redis server on a free port of the loopback interface, which keeps nothing and can be killed and frozen.
/// </summary>
public sealed class RedisServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private Process? _server;
    private int _port;

    private string Dump => $"scalehub-test-{_port}.rdb";

    /// <summary>As StackExchange.Redis takes it.</summary>
    public string ConnectionString => $"127.0.0.1:{_port}";

    /// <summary>Of the server that runs now.</summary>
    public int ProcessId => _server!.Id;

    /// <summary>A store of its own, as every instance has one.</summary>
    public RedisStore CreateStore(RedisOptions? options = null)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("ConnectionStrings:redis", ConnectionString)]).Build();
        return new(configuration, Options.Create(options ?? new()), TimeProvider.System, NullLogger<RedisStore>.Instance);
    }

    /// <summary>A plain connection, for what a store does not do.</summary>
    public async Task<ConnectionMultiplexer> ConnectAsync()
        => await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},allowAdmin=true");

    public async Task InitializeAsync()
    {
        _port = FreePort.Find();
        await StartAsync();
    }

    /// <summary>Writes what it has to a file, for <see cref="StartAsync"/>.</summary>
    public async Task SaveAsync()
    {
        using var connection = await ConnectAsync();
        await connection.GetDatabase().ExecuteAsync("SAVE");
    }

    /// <summary>
    /// Starts it, empty or with what was saved; also after <see cref="KillAsync"/>, on the same port.
    /// </summary>
    public async Task StartAsync(bool saved = false)
    {
        if (!saved) File.Delete(Path.Combine(Path.GetTempPath(), Dump));
        string[] command =
        [
            (await InstalledServers.FindAsync()).Redis, "--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", Path.GetTempPath(), "--dbfilename", Dump,
        ];
        _server = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", .. command]))!;
        await Poll.UntilAsync(async () =>
        {
            using var connection = await ConnectAsync();
            await connection.GetDatabase().PingAsync();
        });
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _server!.Kill();
        await _server.WaitForExitAsync().WaitAsync(Patience);
        _server.Dispose();
        _server = null;
    }

    /// <summary>
    /// Stops it (SIGSTOP) until the result is disposed: it takes connections and commands, and answers nothing.
    /// </summary>
    public IDisposable Freeze()
    {
        Signal("STOP");
        return new Thaw(this);
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await KillAsync();
        File.Delete(Path.Combine(Path.GetTempPath(), Dump));
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _server!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private sealed class Thaw(RedisServer server) : IDisposable
    {
        public void Dispose() => server.Signal("CONT");
    }
}
