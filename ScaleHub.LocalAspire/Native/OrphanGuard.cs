using System.Diagnostics;

namespace ScaleHub.LocalAspire;

/// <summary>
/// A shell that waits for this process to go away, and then kills what the children had started. The parent-death signal
/// reaches only the children themselves: the workers of a killed nginx, for example, go on and keep its port. The guard
/// learns of every child through its standard input, whose end is the signal to act: it comes however this process ends.
/// Should the guard itself be killed, the parent-death signal and the next run's sweep are left.
/// </summary>
internal sealed class OrphanGuard : IDisposable
{
    // The list holds " pid:start" for each child. A leader with another start time means that the number was used again.
    // The script uses only what every POSIX shell has built in, except for the pauses between its rounds.
    private const string Script = """
        trap '' HUP INT TERM
        list=' '
        while read -r what pid start; do
          case $what in
            +) list="$list$pid:$start " ;;
            -) kept=' '
               for entry in $list; do [ "${entry%%:*}" = "$pid" ] || kept="$kept$entry "; done
               list=$kept ;;
          esac
        done
        kept=' '
        for entry in $list; do
          if read -r line < "/proc/${entry%%:*}/stat"; then
            set -- ${line##*) }
            [ "${20}" = "${entry#*:}" ] || continue
          fi
          kept="$kept$entry "
        done
        list=$kept
        round=0
        while [ "$list" != ' ' ] && [ $round -lt 50 ]; do
          found=
          for file in /proc/[0-9]*/stat; do
            read -r line < "$file" || continue
            pid=${line%% *}
            set -- ${line##*) }
            [ "$1" = Z ] && continue
            case $list in *" $4:"* | *" $pid:"*) kill -9 "$pid"; found=1 ;; esac
          done
          [ "$found" ] || break
          round=$((round + 1))
          sleep 0.02
        done
        """;

    private readonly Process _shell;

    private OrphanGuard(Process shell) => _shell = shell;

    public static OrphanGuard Start()
    {
        var info = new ProcessStartInfo(HostPrograms.Require("setsid"))
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true, // so that it does not keep the AppHost's own output open
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["/bin/sh", "-c", $"exec >/dev/null 2>&1\n{Script}", "guard"])
            info.ArgumentList.Add(argument);
        return new OrphanGuard(Process.Start(info)!);
    }

    public void Watch(int pid, long startTime) => Tell($"+ {pid} {startTime}");

    public void Forget(int pid) => Tell($"- {pid}");

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit(TimeSpan.FromSeconds(5));
        _shell.Dispose();
    }

    private void Tell(string line)
    {
        try
        {
            _shell.StandardInput.Write(line + "\n");
            _shell.StandardInput.Flush();
        }
        catch (IOException)
        {
            // Somebody killed the guard. The children are still covered by the parent-death signal and the sweep.
        }
    }
}
