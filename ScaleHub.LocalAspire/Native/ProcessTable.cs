using System.Globalization;
using System.Runtime.InteropServices;

namespace ScaleHub.LocalAspire;

/// <summary>One line of <c>/proc/PID/stat</c>. <paramref name="StartTime"/> is in clock ticks since boot (field 22).</summary>
internal readonly record struct ProcessEntry(int Pid, char State, int Parent, int Session, long StartTime)
{
    // A zombie holds nothing but its number, yet kill(pid, 0) calls it alive.
    public bool IsAlive => State is not ('Z' or 'X');
}

/// <summary>
/// The kernel's list of processes, and signals to them. A process is identified by number and start time together, because
/// numbers are used again. Processes that end while the list is read are simply absent.
/// </summary>
internal static partial class ProcessTable
{
    public const int SigInt = 2, SigKill = 9, SigTerm = 15;

    public static ProcessEntry? Find(int pid)
    {
        string line;
        try
        {
            line = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null; // gone; also the way the kernel reports a process that ends during the read (ESRCH)
        }

        // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessEntry(pid, fields[0][0], Int(fields[1]), Int(fields[3]),
            long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    public static bool IsAlive(int pid, long startTime) =>
        Find(pid) is { IsAlive: true } entry && entry.StartTime == startTime;

    public static List<ProcessEntry> Snapshot()
    {
        var entries = new List<ProcessEntry>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Find(pid) is { IsAlive: true } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>Sends a signal to the process if it is still the one that began at <paramref name="startTime"/>.</summary>
    public static void Signal(int pid, long startTime, int signal)
    {
        if (IsAlive(pid, startTime))
            _ = Kill(pid, signal); // fails only when the process has ended since, or belongs to somebody else
    }

    /// <summary>
    /// Kills a session: the leader, every process of the session, and all their descendants (PostgreSQL's backends each have
    /// a session of their own). Does nothing when the leader's number belongs to another process by now: the kernel does not
    /// hand out a number while a session of that number exists.
    /// </summary>
    /// <param name="leader">The session leader's process id, which is the session's id too.</param>
    /// <param name="startTime">When the leader began.</param>
    /// <param name="accept">A further condition on members whose leader has ended; null accepts all.</param>
    /// <returns>The processes that could not be killed (another user's).</returns>
    public static IReadOnlyCollection<int> KillSession(int leader, long startTime, Func<int, bool>? accept = null)
    {
        var refused = new HashSet<int>();

        // A victim may fork between the snapshot and its end, hence the repetition.
        for (var round = 0; round < 100; round++)
        {
            var victims = SessionMembers(leader, startTime, accept);
            victims.ExceptWith(refused);
            if (victims.Count == 0)
                break;

            foreach (var pid in victims)
            {
                if (Kill(pid, SigKill) != 0 && Marshal.GetLastPInvokeError() == 1 /* EPERM */)
                    refused.Add(pid);
            }

            Thread.Sleep(2); // the kernel needs a moment to take them off the list
        }

        return refused;
    }

    private static HashSet<int> SessionMembers(int leader, long startTime, Func<int, bool>? accept)
    {
        var all = Snapshot();
        var leaderEntry = Find(leader); // a zombie is as good a proof as a living one
        if (leaderEntry is not null && leaderEntry.Value.StartTime != startTime)
            return [];

        var members = new HashSet<int>();
        foreach (var entry in all)
        {
            var belongs = entry.Pid == leader || (entry.Session == leader && entry.StartTime >= startTime);
            if (belongs && (leaderEntry is not null || accept is null || accept(entry.Pid)))
                members.Add(entry.Pid);
        }

        while (all.FindAll(entry => members.Contains(entry.Parent) && members.Add(entry.Pid)).Count > 0)
        {
            // Each pass adds one generation.
        }

        return members;
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
