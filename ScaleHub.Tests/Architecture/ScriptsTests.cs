using System.Diagnostics;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Architecture;

/// <summary>Shell scripts are real files, so that shellcheck can read them; it finds nothing to say.</summary>
public sealed class ScriptsTests
{
    [Fact]
    public async Task Shellcheck_finds_nothing()
    {
        string[] scripts =
        [
            .. Directory.EnumerateFiles(Repository.Root, "*", SearchOption.AllDirectories).Where(file =>
                !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal)
                && !file.Contains("/.git/", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal)
                && IsScript(file)),
        ];
        Assert.Contains(scripts, file => file.EndsWith("/run-replica.sh", StringComparison.Ordinal));
        Assert.Contains(scripts, file => file.EndsWith("/.ci/run", StringComparison.Ordinal));

        var shellcheck = await InstalledProgram.FindAsync("ShellCheck", "shellcheck", "shellcheck");
        using var process = Process.Start(new ProcessStartInfo(shellcheck, ["--format=gcc", .. scripts]) { RedirectStandardOutput = true })!;
        var findings = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("", findings);
        Assert.Equal(0, process.ExitCode);
    }

    private static bool IsScript(string file)
    {
        if (file.EndsWith(".sh", StringComparison.Ordinal)) return true;
        if (Path.HasExtension(file)) return false;
        using var reader = new StreamReader(file);
        return reader.ReadLine() is { } first && first.StartsWith("#!", StringComparison.Ordinal) && first.Contains("sh", StringComparison.Ordinal);
    }
}
