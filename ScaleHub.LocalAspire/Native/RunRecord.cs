using System.Globalization;
using System.Text;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Who runs in a state directory: one AppHost (the file's lock, which ends with the process) and its children, each with
/// number and start time. Opening it sweeps what a killed earlier run left behind, and never a process that merely has
/// the number of one of its children. While it is open, a guard process kills the children's sessions should this
/// process be killed.
/// </summary>
internal sealed class RunRecord : IDisposable
{
    /// <summary>Every child inherits this variable with the <see cref="RunId"/>: it tells an orphan from a stranger.</summary>
    public const string EnvironmentMark = "SCALEHUB_RUN";

    private static readonly TimeSpan SweepPatience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly FileStream _directoryLock;
    private readonly FileStream _file;
    private readonly OrphanGuard _guard;
    private bool _disposed;

    private RunRecord(FileStream directoryLock, string path)
    {
        _directoryLock = directoryLock;
        _guard = OrphanGuard.Start();
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        var self = ProcessTable.Find(Environment.ProcessId);
        Append($"run {RunId} {BootId()} {Environment.ProcessId} {self?.StartTime}");
    }

    public string RunId { get; } = Guid.NewGuid().ToString("n");

    /// <exception cref="AlreadyRunningException">Another AppHost that is alive holds the directory.</exception>
    /// <exception cref="StartException">Something of an earlier run is left and belongs to another user.</exception>
    public static RunRecord Open(string stateDirectory)
    {
        Directory.CreateDirectory(stateDirectory);
        var path = Path.Combine(stateDirectory, "run");
        var directoryLock = Acquire(stateDirectory, path);
        try
        {
            Sweep(path);
            return new RunRecord(directoryLock, path);
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Records a child; its program helps to recognise what it started, should it be gone.</summary>
    public void Add(int pid, long startTime, string program)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Append($"+ {pid} {startTime} {Path.GetFileName(program)}");
            _guard.Watch(pid, startTime);
        }
    }

    public void Remove(int pid)
    {
        lock (_lock)
        {
            if (_disposed)
                return; // a child that ended after the others; the next run finds it dead
            Append($"- {pid}");
            _guard.Forget(pid);
        }
    }

    /// <summary>Ends the guard, which kills the children that are still there.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            _guard.Dispose();
            _file.Dispose();
            _directoryLock.Dispose();
        }
    }

    // FileShare.None is an exclusive flock, which the kernel drops with the process, however it ends. It is on a file of its
    // own because .NET takes a shared lock for every read, so that nobody could read who the holder is.
    private static FileStream Acquire(string stateDirectory, string record)
    {
        var path = $"{record}.lock";
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new AlreadyRunningException(Holder(record), stateDirectory);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartException($"{path} belongs to another user: run as that user, or choose another directory.");
        }
    }

    private void Append(string line)
    {
        _file.Write(Encoding.ASCII.GetBytes(line + "\n"));
        _file.Flush();
    }

    private static int Holder(string record) =>
        File.Exists(record) && Read(record).FirstOrDefault() is ["run", _, _, var pid, ..] ? Number<int>(pid) : 0;

    private static IEnumerable<string[]> Read(string record)
    {
        using var file = new FileStream(record, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, Encoding.ASCII);
        while (reader.ReadLine() is { } line)
            yield return line.Split(' ');
    }

    private static void Sweep(string record)
    {
        var lines = File.Exists(record) ? Read(record).ToList() : [];
        if (lines.FirstOrDefault() is not ["run", var runId, var bootId, ..] || bootId != BootId())
            return; // a new directory, or the machine was started anew since: nothing can be left

        var children = new Dictionary<int, (long StartTime, string Program)>();
        foreach (var fields in lines)
        {
            // A last line that was cut off in the middle matches neither form.
            if (fields is ["+", var pid, var startTime, var program, ..])
                children[Number<int>(pid)] = (Number<long>(startTime), program);
            else if (fields is ["-", var ended])
                children.Remove(Number<int>(ended));
        }

        foreach (var (pid, (startTime, program)) in children)
        {
            // Once the leader is gone, its session's number alone proves little: another session may have had it since.
            var refused = ProcessTable.KillSession(pid, startTime, member => IsOurs(member, runId, program));
            if (refused.Count > 0)
            {
                throw new StartException("An earlier run under another user has left processes behind: "
                    + $"end them first (sudo kill -9 {string.Join(' ', refused)}).");
            }
        }

        var deadline = DateTime.UtcNow + SweepPatience;
        while (children.Any(child => ProcessTable.IsAlive(child.Key, child.Value.StartTime)) && DateTime.UtcNow < deadline)
            Thread.Sleep(10);
    }

    /// <summary>Whether a process was started by a child of this run: for one whose beginning nobody saw.</summary>
    public bool Started(int pid, string program) => IsOurs(pid, RunId, Path.GetFileName(program));

    // Servers that set their process title (nginx, PostgreSQL) write over their environment, but run the leader's program.
    private static bool IsOurs(int pid, string runId, string program)
    {
        try
        {
            return Path.GetFileName(File.ResolveLinkTarget($"/proc/{pid}/exe", false)?.FullName) == program
                || File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains($"{EnvironmentMark}={runId}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // gone, or somebody else's
        }
    }

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static T Number<T>(string text) where T : ISpanParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : default!;
}
