using System.Diagnostics;
using System.Globalization;

namespace ScaleHub.Testing;

/// <summary>Finds native servers of a graph by the port that they were told to listen on.</summary>
public static class ProcessTree
{
    /// <summary>
    /// The server that has the port in its arguments (postgres -p, redis-server), of several processes the one that the others
    /// descend from; or the program that has it in <c>ASPNETCORE_URLS</c>, of several the last, since <c>dotnet run</c> starts it
    /// with that too.
    /// </summary>
    public static int Listening(int port)
    {
        var text = port.ToString(CultureInfo.InvariantCulture);
        var all = All().ToList();
        // Redis makes one text of its arguments: redis-server 127.0.0.1:6379.
        var servers = all.Where(p => p.Arguments.Any(a => a == text || a.EndsWith($":{text}", StringComparison.Ordinal))).ToList();
        if (servers is not []) return servers.First(p => servers.All(other => other.Pid != p.Parent)).Pid;
        var programs = all.Where(p => p.Environment.Contains($"ASPNETCORE_URLS=http://localhost:{text}")).ToList();
        Assert.NotEmpty(programs);
        return programs.First(p => programs.All(other => other.Parent != p.Pid)).Pid;
    }

    /// <summary>A process's children.</summary>
    public static IEnumerable<int> Children(int parent) => All().Where(p => p.Parent == parent).Select(p => p.Pid);

    /// <summary>Stops the server on a port, with all its processes, so that it hangs until the result is disposed.</summary>
    public static IDisposable Freeze(int port)
    {
        var leader = Listening(port);
        int[] pids = [leader, .. Children(leader)];
        Signal("STOP", pids);
        return new Thaw(pids);
    }

    /// <summary>kill -9 of the server on a port, and of all its processes.</summary>
    public static void Kill(int port)
    {
        var leader = Listening(port);
        Signal("KILL", [leader, .. Children(leader)]);
    }

    /// <summary>
    /// The processes that work in a folder or were given it in their environment. Servers overwrite their environment with a
    /// title, but work in the folder.
    /// </summary>
    public static IReadOnlyList<int> Using(string folder) => [.. All()
        .Where(p => p.Pid != Environment.ProcessId
            && (p.Environment.Any(v => v.Contains(folder, StringComparison.Ordinal))
                || WorkingDirectory(p.Pid).StartsWith(folder, StringComparison.Ordinal)))
        .Select(p => p.Pid)];

    private static string WorkingDirectory(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static IEnumerable<(int Pid, int Parent, string[] Arguments, string[] Environment)> All()
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid)) continue;
            string arguments, status, environment;
            try
            {
                arguments = File.ReadAllText($"{folder}/cmdline");
                status = File.ReadAllText($"{folder}/stat");
                environment = File.ReadAllText($"{folder}/environ");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while this looked, or belongs to somebody else.
                continue;
            }
            // The name in brackets may have blanks; the parent's id is the second field behind it.
            var parent = int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
            yield return (pid, parent, arguments.Split('\0'), environment.Split('\0'));
        }
    }

    // Some of the processes may have ended meanwhile, which is no matter: kill says so and goes on with the others.
    private static void Signal(string signal, int[] pids)
    {
        string[] arguments = [$"-{signal}", .. pids.Select(p => p.ToString(CultureInfo.InvariantCulture))];
        var start = new ProcessStartInfo("kill", arguments) { RedirectStandardError = true };
        using var kill = Process.Start(start)!;
        kill.StandardError.ReadToEnd();
        kill.WaitForExit();
    }

    private sealed class Thaw(int[] pids) : IDisposable
    {
        public void Dispose() => Signal("CONT", pids);
    }
}
