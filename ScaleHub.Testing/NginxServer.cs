using System.Diagnostics;
using ScaleHub.AppHost.Servers;

namespace ScaleHub.Testing;

/// <summary>
/// The load balancer before instances of the API, natively: the AppHost's own script and template, in a temporary folder.
/// </summary>
public sealed class NginxServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _home = Directory.CreateTempSubdirectory("scalehub-test-nginx").FullName;
    private Process? _server;

    private NginxServer()
    {
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The process that the workers descend from.</summary>
    public int ProcessId => _server!.Id;

    /// <summary>Starts it before the instances at these addresses.</summary>
    public static async Task<NginxServer> StartAsync(IEnumerable<Uri> instances)
    {
        var nginx = new NginxServer();
        try
        {
            await nginx.StartAsync(string.Concat(instances.Select(i => $"server {i.Authority} max_fails=3 fail_timeout=5s; ")));
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            using (var kill = Process.Start("kill", ["-TERM", $"{_server.Id}"])) await kill.WaitForExitAsync();
            await _server.WaitForExitAsync().WaitAsync(Patience);
        }
        _server?.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    private async Task StartAsync(string instances)
    {
        foreach (var file in (string[])["run-nginx.sh", ServerFiles.NginxTemplate])
            await File.WriteAllTextAsync(Path.Combine(_home, file), ServerFiles.Read(file));
        Address = new($"http://127.0.0.1:{FreePort.Find()}");
        // Its log stays in the folder.
        _server = Process.Start(new ProcessStartInfo("sh", ["-c", "exec bash \"$0\" >\"$NGINX_HOME/log\" 2>&1 </dev/null", Path.Combine(_home, "run-nginx.sh")])
        {
            Environment =
            {
                ["NGINX_PROGRAM"] = (await InstalledServers.FindAsync()).Nginx,
                ["NGINX_HOME"] = _home,
                ["NGINX_CACHE"] = Path.Combine(_home, "cache"),
                ["NGINX_TEMPLATE"] = Path.Combine(_home, ServerFiles.NginxTemplate),
                ["NGINX_LISTEN"] = $"listen {Address.Authority};",
                ["NGINX_REAL_IP_FROM"] = "",
                ["NGINX_TRUSTED"] = "",
                ["API_SERVERS"] = instances,
            },
        })!;
        using var client = new HttpClient { BaseAddress = Address };
        await Poll.UntilAsync(async () => (await client.GetAsync("/health/ready")).EnsureSuccessStatusCode(), Patience.TotalSeconds);
    }
}
