using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ScaleHub.LocalAspire;

/// <summary>How to start a child.</summary>
/// <param name="FileName">A path, or a name that is looked up in the child's PATH and the standard folders.</param>
/// <param name="Arguments">Passed on as they are; no shell reads them.</param>
/// <param name="Environment">The complete environment: nothing is inherited.</param>
/// <param name="WorkingDirectory">Must exist.</param>
/// <param name="RunAsUser">Another user to run as (needs root), or null for the same.</param>
/// <param name="StandardInput">Text for its standard input, which then ends; null for an empty one.</param>
/// <param name="OnLine">Gets every line of output and whether it came from standard error; called from two threads.</param>
internal sealed record ChildStart(
    string FileName,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingDirectory,
    string? RunAsUser,
    string? StandardInput,
    Action<string, bool> OnLine);

/// <summary>
/// A native process that leads a session of its own, so that Ctrl+C in the terminal does not reach it, and that does not
/// outlive this process: the kernel kills it when this process dies, the guard of the <see cref="RunRecord"/> kills what it
/// had started, and the record lets the next run sweep whatever escaped both. When the child itself ends, what is left of
/// its session is killed, so that nothing keeps its port or its output open.
/// </summary>
internal sealed class ChildProcess
{
    // Wrappers, each of which executes the next one in its own place, so that the number stays the program's:
    // setpriv asks for the parent-death signal after it changed the user (a change of user would clear it); the shell ends
    // at once if the parent died before that (bash, because dash drops variables like ConnectionStrings__pg-replica-1, whose
    // name has a dash; -p, so that it runs nobody's BASH_ENV); setsid makes the session (it need not fork: the child leads no group).
    private const string ParentCheck = """[ "$PPID" = "$0" ] && exec "$@" """;

    // Output can stay open after the whole session is dead only if a descendant took it into a session of its own.
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);

    private readonly long _startTime;

    private ChildProcess(Process process, long? startTime, ChildStart start, RunRecord record)
    {
        Pid = process.Id;
        // When it has ended already, no signal is sent to it; what it left behind is known by its session and its environment.
        _startTime = startTime ?? 0;
        record.Add(Pid, _startTime, start.FileName);
        var output = LinePump.RunAsync(process.StandardOutput.BaseStream, line => start.OnLine(line, false), $"{Pid} stdout");
        var error = LinePump.RunAsync(process.StandardError.BaseStream, line => start.OnLine(line, true), $"{Pid} stderr");
        Exited = WaitAsync(process, Task.WhenAll(output, error), record,
            startTime is null ? pid => record.Started(pid, start.FileName) : null);
    }

    public int Pid { get; }

    /// <summary>
    /// The exit code, 128 + n for the signal n; complete when the output has been handed on. Faults only if
    /// <see cref="ChildStart.OnLine"/> threw.
    /// </summary>
    public Task<int> Exited { get; }

    /// <exception cref="StartException">The program, the working directory or the user does not exist.</exception>
    public static async Task<ChildProcess> StartAsync(ChildStart start, RunRecord record, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var (process, startTime) = await ForkThread.StartAsync(StartInfo(start, record));
        var child = new ChildProcess(process, startTime, start, record);
        await WriteInputAsync(process, start.StandardInput, ct);
        return child;
    }

    /// <summary>Sends a signal to the program alone; nothing happens if it has ended.</summary>
    public void Signal(int signal) => ProcessTable.Signal(Pid, _startTime, signal);

    /// <summary>Asks the program to end, and after <paramref name="patience"/> kills it with all it has started.</summary>
    public async Task StopAsync(int signal, TimeSpan patience)
    {
        Signal(signal);
        await Task.WhenAny(Exited, Task.Delay(patience));
        if (!Exited.IsCompleted)
            ProcessTable.KillSession(Pid, _startTime);
        await Exited;
    }

    private static ProcessStartInfo StartInfo(ChildStart start, RunRecord record)
    {
        if (!Directory.Exists(start.WorkingDirectory))
            throw new StartException($"The working directory {start.WorkingDirectory} of {start.FileName} does not exist.");

        var info = new ProcessStartInfo(HostPrograms.Require("setpriv"))
        {
            WorkingDirectory = start.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        var arguments = info.ArgumentList;
        arguments.Add("--pdeathsig=KILL");
        if (start.RunAsUser is { } user)
        {
            var (userId, groupId) = HostPrograms.UserIds(user);
            arguments.Add($"--reuid={userId}");
            arguments.Add($"--regid={groupId}");
            arguments.Add("--init-groups");
        }

        foreach (var argument in (string[])["--", HostPrograms.Require("bash"), "-p", "-c", ParentCheck,
                     Environment.ProcessId.ToString(CultureInfo.InvariantCulture), HostPrograms.Require("setsid"),
                     Program(start), .. start.Arguments])
        {
            arguments.Add(argument);
        }

        info.Environment.Clear();
        foreach (var (name, value) in start.Environment)
            info.Environment[name] = value;
        info.Environment[RunRecord.EnvironmentMark] = record.RunId;
        return info;
    }

    private static string Program(ChildStart start)
    {
        if (start.FileName.Contains('/'))
        {
            var file = Path.GetFullPath(start.FileName, Path.GetFullPath(start.WorkingDirectory));
            return HostPrograms.IsExecutable(file)
                ? file
                : throw new StartException($"The program {file} does not exist or is not executable.");
        }

        return HostPrograms.Find(start.FileName, HostPrograms.Directories(start.Environment.GetValueOrDefault("PATH")))
            ?? throw new StartException($"The program '{start.FileName}' is not installed, or not in the PATH.");
    }

    private static async Task WriteInputAsync(Process process, string? text, CancellationToken ct)
    {
        try
        {
            if (text is not null)
                await process.StandardInput.WriteAsync(text.AsMemory(), ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended, or closed its input, without reading. What it makes of that shows in its exit code.
        }
    }

    private async Task<int> WaitAsync(Process process, Task output, RunRecord record, Func<int, bool>? accept)
    {
        await process.WaitForExitAsync();
        var code = process.ExitCode;
        ProcessTable.KillSession(Pid, _startTime, accept);
        record.Remove(Pid);
        if (await Task.WhenAny(output, Task.Delay(DrainPatience)) == output)
            await output;
        return code;
    }
}
