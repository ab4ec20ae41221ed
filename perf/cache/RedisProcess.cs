using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace ScaleHub.Perf.Cache;

/// <summary>A throw-away redis-server on the loopback interface that can be killed, frozen and started from an older
/// copy.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scalehub-perf-cache").FullName;
    private int _port = FreePort();
    private Process? _server;

    public string Address => $"127.0.0.1:{_port}";

    public static async Task<RedisProcess> StartNewAsync()
    {
        var redis = new RedisProcess();
        // Somebody else may take the port first.
        while (!await redis.TryStartAsync()) redis._port = FreePort();
        return redis;
    }

    /// <summary>Starts it on the same port, empty or with what was saved; returns when it answers.</summary>
    public async Task StartAsync(bool saved)
    {
        if (!saved) File.Delete(Path.Combine(_folder, "dump.rdb"));
        if (!await TryStartAsync()) throw new InvalidOperationException($"redis-server does not start on port {_port}.");
    }

    private async Task<bool> TryStartAsync()
    {
        string[] arguments =
        [
            "redis-server", "--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", _folder,
        ];
        _server = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", .. arguments]))!;
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            try
            {
                await CommandAsync("PING");
                return !_server.HasExited;
            }
            catch (RedisException) when (_server.HasExited)
            {
                return false;
            }
            catch (RedisException) when (clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                // It is not listening yet.
            }
        }
    }

    /// <summary>Runs one command over a connection of its own.</summary>
    public async Task<RedisResult> CommandAsync(string command, params object[] arguments)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(Address + ",allowAdmin=true");
        return await connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    /// <summary>Commands that the server has run since it started.</summary>
    public async Task<long> CommandsAsync()
    {
        var info = (string)(await CommandAsync("INFO", "stats"))!;
        var line = info.Split('\n').First(l => l.StartsWith("total_commands_processed:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Cuts every subscription, again and again, for as long as <paramref name="meanwhile"/> runs and this time after
    /// it.</summary>
    public async Task WithoutSubscriptionsAsync(TimeSpan time, Func<Task> meanwhile)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(Address + ",allowAdmin=true");
        using var stop = new CancellationTokenSource();
        var cutting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await connection.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
                await Task.Delay(2);
            }
        });
        await Task.Delay(100);
        await meanwhile();
        stop.CancelAfter(time);
        await cutting;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _server!.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
        _server = null;
    }

    /// <summary>SIGSTOP: it takes connections and commands, and answers nothing.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _server!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
