using System.Diagnostics;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>Gives processes to processors (taskset).</summary>
internal static class Processors
{
    /// <summary>The first, for a server that is measured.</summary>
    public const string First = "0";

    /// <summary>All but the first, for everything else; the only one where there is one.</summary>
    public static string Others => Environment.ProcessorCount switch
    {
        1 => "0",
        2 => "1",
        var count => $"1-{count - 1}",
    };

    /// <summary>All of them.</summary>
    public static string All => $"0-{Environment.ProcessorCount - 1}";

    /// <summary>A process with all its threads runs on these processors from now on, and so does what it starts later.</summary>
    public static async Task PinAsync(int process, string processors)
    {
        using var set = Process.Start(new ProcessStartInfo("taskset", ["-acp", processors, $"{process}"]) { RedirectStandardOutput = true })!;
        await set.StandardOutput.ReadToEndAsync();
        await set.WaitForExitAsync();
        if (set.ExitCode != 0) throw new RowException($"taskset of the process {process} failed.");
    }
}
