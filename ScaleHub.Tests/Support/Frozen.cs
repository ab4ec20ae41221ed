using System.Diagnostics;
using System.Globalization;

namespace ScaleHub.Tests.Support;

/// <summary>A native server of the graph that hangs (SIGSTOP), with all its processes, until this is disposed.</summary>
internal sealed class Frozen : IDisposable
{
    private readonly int[] _pids;

    private Frozen(int[] pids) => _pids = pids;

    /// <summary>Freezes the server that listens on a port of the loopback interface.</summary>
    public static Frozen Server(int port)
    {
        var leader = Listener(port);
        var frozen = new Frozen([leader, .. Children(leader)]);
        frozen.Signal("STOP");
        return frozen;
    }

    /// <summary>The process that listens on a port: its command line has the port as an argument (postgres -p, redis-server *:port).</summary>
    public static int Listener(int port)
    {
        var text = port.ToString(CultureInfo.InvariantCulture);
        return Processes().Single(p => p.CommandLine.Split('\0', ' ', ':').Contains(text) && p.CommandLine.Contains("postgres", StringComparison.Ordinal)
            && p.CommandLine.Contains("-D", StringComparison.Ordinal)).Pid;
    }

    private static IEnumerable<int> Children(int parent) => Processes().Where(p => p.Parent == parent).Select(p => p.Pid);

    private static IEnumerable<(int Pid, int Parent, string CommandLine)> Processes()
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid)) continue;
            string commandLine, status;
            try
            {
                commandLine = File.ReadAllText($"{folder}/cmdline");
                status = File.ReadAllText($"{folder}/stat");
            }
            catch (IOException)
            {
                // It ended while this looked.
                continue;
            }
            // The name in brackets may have blanks; the parent's id is the second field behind it.
            var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            yield return (pid, int.Parse(fields[1], CultureInfo.InvariantCulture), commandLine);
        }
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", .. _pids.Select(p => p.ToString(CultureInfo.InvariantCulture))]);
        kill.WaitForExit();
    }

    public void Dispose() => Signal("CONT");
}
