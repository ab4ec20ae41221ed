using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>A peer of perf/peers, in as many processes as there are processors.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private const string Secret = "a secret of the peers, long enough for them";

    // Its npm takes minutes when the registry is far.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly Process _process;

    private NodePeer(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    private static string Folder => Path.Combine(Repository.Root, "perf", "peers");

    /// <summary>Why the peers cannot run here, in one sentence; null when they can.</summary>
    public static async Task<string?> MissingAsync()
    {
        if (!Directory.Exists(Folder)) return "perf/peers is not there.";
        foreach (var program in (string[])["node", "npm"])
        {
            var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, program)));
            if (!found) return $"{program} is not on this machine: install Node.js 20 or newer to compare with the peers.";
        }
        if (Directory.Exists(Path.Combine(Folder, "node_modules"))) return null;
        var (code, said) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], []);
        return code == 0 ? null : $"npm ci in perf/peers failed: {said.ReplaceLineEndings(" ")}";
    }

    /// <summary>Makes the peers' schema with one company that has so many tasks, and a session; gives its token.</summary>
    public static async Task<string> SeedAsync(TestDatabase database, RedisServer redis, int tasks)
    {
        var (code, said) = await RunAsync("node", ["seed.mjs"], [.. Settings(database, redis), ("PEER_TASKS", $"{tasks}")]);
        if (code != 0) throw new RowException($"seed.mjs of the peers failed: {said}");
        return JsonDocument.Parse(said.Trim().Split('\n')[^1]).RootElement.GetProperty("token").GetString()!;
    }

    /// <summary>Starts one.</summary>
    public static async Task<NodePeer> StartAsync(string script, TestDatabase database, RedisServer redis)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var start = new ProcessStartInfo("sh", ["-c", "exec node \"$0\" >/dev/null 2>&1 </dev/null", script]) { WorkingDirectory = Folder };
        foreach (var (name, value) in Settings(database, redis)) start.Environment[name] = value;
        start.Environment["PORT"] = $"{address.Port}";
        start.Environment["PEER_PROCESSES"] = $"{Environment.ProcessorCount}";
        var peer = new NodePeer(Process.Start(start)!, address);
        try
        {
            using var client = new HttpClient { BaseAddress = address };
            await Poll.UntilAsync(async () => (await client.GetAsync("/health")).EnsureSuccessStatusCode());
            return peer;
        }
        catch (Exception e)
        {
            await peer.DisposeAsync();
            throw new RowException($"{script} of the peers does not start.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Its children end with it when it ends in order.
            using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) await kill.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private static (string Name, string Value)[] Settings(TestDatabase database, RedisServer redis)
    {
        var owner = new NpgsqlConnectionStringBuilder(database.Owner);
        return
        [
            ("DATABASE_URL", $"postgresql://{owner.Username}:{owner.Password}@{owner.Host}:{owner.Port}/{owner.Database}"),
            ("REDIS_URL", $"redis://{redis.ConnectionString}"), ("PEER_SECRET", Secret), ("PEER_LIMIT", "1000000000"),
        ];
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, string[] arguments, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, process.ExitCode == 0 ? said : await errors);
    }
}
