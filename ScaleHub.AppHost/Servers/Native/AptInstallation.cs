using System.Diagnostics;

namespace ScaleHub.AppHost.Servers.Native;

/// <summary>
/// Installs Debian packages without a question and without starting the services in them. The work is one shell script in a
/// session of its own: neither Ctrl+C nor the death of this process interrupts dpkg half-way, and the script cleans up
/// after itself. Two AppHosts that install at the same time take turns.
/// </summary>
internal static class AptInstallation
{
    // policy-rc.d is how a Debian package asks whether it may start its service; 101 means no. An administrator's own file
    // stays; one that an interrupted run left behind is recognised by its second line. PostgreSQL's package also makes a
    // cluster named main, which is left alone: the graph has its own data folders and ports.
    private const string Script = """
        set -eu
        export DEBIAN_FRONTEND=noninteractive
        policy=/usr/sbin/policy-rc.d
        mark='# Temporary: ScaleHub installs servers that it starts by itself.'
        exec 9>/run/scalehub-install.lock
        flock 9
        if [ ! -e $policy ] || grep -qxF "$mark" $policy; then
          trap 'rm -f $policy' EXIT
          trap 'exit 1' HUP INT TERM
          printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > $policy
          chmod 755 $policy
        fi
        apt() { apt-get -q -o DPkg::Lock::Timeout=120 "$@" 9>&-; }
        update() {
          # The wait for dpkg's lock does not cover the lock on the package lists.
          for pause in 3 6 12 0; do
            apt update && return 0
            sleep $pause
          done
          return 1
        }
        apt --simulate install --no-install-recommends "$@" >/dev/null 2>&1 || update
        apt install -y --no-install-recommends "$@" || { update && apt install -y --no-install-recommends "$@"; }
        """;

    private static readonly string[] Telling = ["Get:", "Unpacking ", "Setting up "];

    /// <summary>What to put before a command so that it runs as root: nothing, <c>sudo -n</c>, or null if it cannot.</summary>
    public static async Task<string[]?> PrefixAsync(ServerSearch search, CancellationToken ct)
    {
        if (Environment.IsPrivilegedProcess)
            return [];
        if (HostPrograms.Find("sudo", search.Directories) is not { } sudo)
            return null;

        using var process = Start([sudo, "-n", "true"]);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? [sudo, "-n"] : null;
    }

    /// <returns>Null, or apt-get's own words for what went wrong.</returns>
    /// <remarks>Cancellation stops the waiting, not the installation.</remarks>
    public static async Task<string?> RunAsync(
        string[] prefix, IReadOnlyList<string> packages, Action<string> progress, CancellationToken ct)
    {
        using var process = Start([HostPrograms.Require("setsid"), "--wait", .. prefix, "/bin/sh", "-c", Script, "install", .. packages]);
        var errors = new List<string>();
        var output = ReadAsync(process.StandardOutput, Report);
        var error = ReadAsync(process.StandardError, errors.Add);
        await Task.WhenAll(output, error, process.WaitForExitAsync(CancellationToken.None)).WaitAsync(ct);
        return process.ExitCode == 0
            ? null
            : errors.LastOrDefault(line => line.StartsWith("E:", StringComparison.Ordinal))
                ?? errors.LastOrDefault()
                ?? $"exit code {process.ExitCode}";

        void Report(string line)
        {
            if (Telling.Any(start => line.StartsWith(start, StringComparison.Ordinal)))
                progress(line);
        }
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> take)
    {
        while (await reader.ReadLineAsync() is { } line) take(line);
    }

    private static Process Start(string[] command)
    {
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["LC_ALL"] = "C";
        var process = Process.Start(info)!;
        process.StandardInput.Close(); // whoever asks a question gets no answer rather than the terminal
        return process;
    }
}
