using System.Diagnostics;
using System.Globalization;

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

    /// <summary>
    /// The most memory that one has had, in bytes, without the program's files, whose pages all processes share
    /// (<c>man 5 proc_pid_status</c>).
    /// </summary>
    public long PeakMemory(int index)
    {
        var status = File.ReadLines($"/proc/{_processes[index].Id}/status").Select(l => l.Split(':'))
            .Where(l => l[0] is "VmHWM" or "RssFile").ToDictionary(l => l[0], l => 1024 * long.Parse(l[1].Replace("kB", ""), CultureInfo.InvariantCulture));
        return status["VmHWM"] - status["RssFile"];
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
