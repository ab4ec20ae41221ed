using System.Diagnostics;
using System.Globalization;

namespace ScaleHub.Testing;

/// <summary>Instances of the API, processes of their own: for tests that kill one, read its output, or measure.</summary>
public sealed class ApiProcesses : ApiInstances
{
    // Each instance says what it says into a file.
    private const string ToFile = "exec \"$@\" >\"$INSTANCE_OUTPUT\" 2>&1 </dev/null";

    private readonly List<Process> _processes = [];
    private readonly string _output = Directory.CreateTempSubdirectory("scalehub-output-").FullName;

    private ApiProcesses()
    {
    }

    private ApiProcesses(PostgresServer postgres, RedisServer redis, TestDatabase database) : base(postgres, redis, database)
    {
    }

    /// <summary>Starts them; settings are environment variables (<c>RateLimits__Scale</c>).</summary>
    public static new Task<ApiProcesses> StartAsync(int count, params (string Name, string Value)[] settings)
        => StartAsync(new ApiProcesses(), count, settings);

    /// <summary>Starts them on servers that others use as well, which they leave as they are at the end.</summary>
    public static Task<ApiProcesses> StartAsync(PostgresServer postgres, RedisServer redis, TestDatabase database, int count,
        params (string Name, string Value)[] settings)
        => StartAsync(new ApiProcesses(postgres, redis, database), count, settings);

    /// <summary>The process of an instance.</summary>
    public int ProcessId(int instance) => _processes[instance].Id;

    /// <summary>The lines that an instance has printed.</summary>
    public async Task<string[]> OutputAsync(int instance = 0)
    {
        await using var file = new FileStream(
            Path.Combine(_output, $"{instance}"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The most memory that an instance has had so far, in bytes (VmHWM; <c>man 5 proc_pid_status</c>).</summary>
    public long PeakMemory(int instance)
        => 1024 * long.Parse(File.ReadLines($"/proc/{ProcessId(instance)}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(':')[1].Replace("kB", ""), CultureInfo.InvariantCulture);

    /// <summary>kill -9 of an instance, for good.</summary>
    public async Task KillAsync(int instance)
    {
        _processes[instance].Kill();
        await _processes[instance].WaitForExitAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            // Does nothing to one that was killed before.
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        await base.DisposeAsync();
        Directory.Delete(_output, recursive: true);
    }

    private protected override Uri Start((string Name, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var start = new ProcessStartInfo("sh", ["-c", ToFile, "sh", "dotnet", "ScaleHub.Api.dll"])
        {
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["INSTANCE_OUTPUT"] = Path.Combine(_output, $"{_processes.Count}");
        start.Environment["ASPNETCORE_URLS"] = address.ToString();
        foreach (var (name, value) in settings) start.Environment[name] = value;
        _processes.Add(Process.Start(start)!);
        return address;
    }
}
