using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.AppHost.Start;

namespace ScaleHub.AppHost.Servers.Native;

/// <summary>
/// Where native servers keep their files. One AppHost at a time works in it. What is kept between starts has a folder per server;
/// all else is in a folder of the start, which goes when the start ends, or at the next start when the AppHost was killed.
/// </summary>
internal sealed class NativeFolder : IHostedService, IDisposable
{
    /// <summary>Other users may pass through, on the way to what belongs to the servers' user, but not look around.</summary>
    private const UnixFileMode Traversable = (UnixFileMode)0b111_001_001;

    private static readonly string[] Scripts =
        ["run-postgres.sh", "run-redis.sh", "run-nginx.sh", ServerFiles.InitPrimary, ServerFiles.RunReplica, ServerFiles.NginxTemplate];

    private readonly FileStream _lock;
    private readonly bool _isKept, _isTest;
    private readonly string _run;

    private NativeFolder(string path, FileStream @lock, Settings settings)
    {
        (Path, _lock, _isKept, _isTest) = (path, @lock, settings.Volumes, settings.RandomPorts);
        _run = Make($"{path}/run-{Environment.ProcessId}");
    }

    public string Path { get; }

    /// <summary>Opens the folder, removes what earlier starts left, and writes the scripts.</summary>
    /// <exception cref="StartException">Another AppHost works in it, or it cannot be written.</exception>
    public static NativeFolder Open(IDistributedApplicationBuilder builder, Settings settings)
    {
        var path = settings.RandomPorts
            ? System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"scalehub-test-{Guid.NewGuid():n}")
            : StateDirectory(builder.AppHostDirectory);
        FileStream @lock;
        try
        {
            Make(path);
            @lock = new FileStream($"{path}/lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartException($"{path} cannot be written: give it to {Environment.UserName}, or remove it.");
        }
        catch (IOException)
        {
            throw new StartException($"ScaleHub is already running with the data in {path}: stop it first.");
        }
        foreach (var folder in Directory.GetDirectories(path, settings.Reset ? "*" : "run-*")) Directory.Delete(folder, recursive: true);
        var files = new NativeFolder(path, @lock, settings);
        foreach (var script in Scripts)
        {
            File.WriteAllText(files.Script(script), ServerFiles.Read(script));
            File.SetUnixFileMode(files.Script(script), ServerFiles.Executable);
        }
        // The container of services disposes what it has made itself, so it is given a factory.
        builder.Services.AddHostedService(_ => files);
        return files;
    }

    public string Script(string name) => $"{_run}/{name}";

    /// <summary>A server's folder for data.</summary>
    public string Data(string server) => _isKept ? Make($"{Path}/scalehub-{server}") : Make($"{_run}/{server}");

    /// <summary>A server's folder for what is of this start only.</summary>
    public string Work(string server) => Make($"{_run}/{server}");

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The servers have ended.</summary>
    public void Dispose()
    {
        Directory.Delete(_isTest ? Path : _run, recursive: true);
        _lock.Dispose();
    }

    private static string Make(string folder)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Traversable);
        return folder;
    }

    // PostgreSQL refuses root and runs as another user, who cannot enter root's home.
    /// <summary>Where the data of the AppHost in a folder is kept between starts.</summary>
    internal static string StateDirectory(string appHostDirectory)
    {
        if (Environment.GetEnvironmentVariable("SCALEHUB_DATA") is { Length: > 0 } told) return System.IO.Path.GetFullPath(told);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(appHostDirectory)))[..12];
        var root = Environment.IsPrivilegedProcess ? "/var/lib"
            : Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg ? xdg
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        return System.IO.Path.Combine(root, "scalehub", hash);
    }
}
