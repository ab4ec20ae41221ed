using System.Diagnostics;

namespace ScaleHub.Testing;

/// <summary>
/// A program of this machine that some tests need. A missing one is installed as servers are: with apt-get, where that needs no
/// question asked (root, or sudo without a password; <c>SCALEHUB_NO_INSTALL=1</c> forbids it). Elsewhere a line says what to do.
/// </summary>
public static class InstalledProgram
{
    // Test classes that run beside each other may miss the same one.
    private static readonly SemaphoreSlim Installing = new(1);

    /// <summary>Where the program is.</summary>
    /// <param name="name">For people.</param>
    /// <param name="package">Debian's.</param>
    /// <param name="programs">What its file may be called.</param>
    /// <exception cref="InvalidOperationException">It is missing and cannot be installed.</exception>
    public static async Task<string> FindAsync(string name, string package, params string[] programs)
    {
        await Installing.WaitAsync();
        try
        {
            return Find(programs) ?? await InstallAsync(name, package, programs);
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<string> InstallAsync(string name, string package, string[] programs)
    {
        if (Environment.GetEnvironmentVariable("SCALEHUB_NO_INSTALL") is { Length: > 0 } and not "0")
            throw Missing(" (SCALEHUB_NO_INSTALL forbids installing it)");
        if (Find("apt-get") is null) throw Missing("");
        string[] root = Environment.IsPrivilegedProcess ? [] : ["sudo", "-n"];
        if (root is [var sudo, ..] && (Find(sudo) is null || await RunAsync([.. root, "true"]) != 0))
            throw Missing(" (installing it needs root)");
        var code = await RunAsync([.. root, "/bin/sh", "-c", $$"""
            # RUNLEVEL: no service of the package is started.
            export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
            apt() { apt-get -q -y -o DPkg::Lock::Timeout=120 "$@"; }
            apt install --no-install-recommends {{package}} || { apt update && apt install --no-install-recommends {{package}}; }
            """]);
        return Find(programs) ?? throw Missing($" (apt-get ended with exit code {code})");

        InvalidOperationException Missing(string why)
            => new($"Missing on this machine: {name}{why}; run: sudo apt-get install -y {package}");
    }

    private static string? Find(params string[] programs) => programs
        .SelectMany(p => (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin").Split(':').Select(d => Path.Combine(d, p)))
        .FirstOrDefault(File.Exists);

    private static async Task<int> RunAsync(string[] command)
    {
        // A session of its own: Ctrl+C at the tests does not interrupt dpkg half-way.
        using var process = Process.Start(new ProcessStartInfo("setsid", ["--wait", .. command])
        {
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
