using System.Diagnostics;

namespace ScaleHub.Testing;

/// <summary>Workers, processes of their own, for tests that kill them.</summary>
public sealed class WorkerProcesses(params (string Name, string Value)[] settings) : IAsyncDisposable
{
    private readonly List<Process> _processes = [];

    /// <summary>How many run.</summary>
    public int Count => _processes.Count;

    /// <summary>Starts one more.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo("sh", ["-c", "exec dotnet ScaleHub.Worker.dll run >/dev/null 2>&1 </dev/null"])
        {
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in settings) start.Environment[name] = value;
        _processes.Add(Process.Start(start)!);
    }

    /// <summary>kill -9 of one.</summary>
    public async Task KillAsync(int index)
    {
        using var process = _processes[index];
        _processes.RemoveAt(index);
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        while (_processes.Count > 0) await KillAsync(0);
    }
}
