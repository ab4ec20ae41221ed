using System.Globalization;
using System.Runtime.InteropServices;

namespace ScaleHub.Perf.Run.Report;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    /// <summary>Cores, memory, kernel and runtime, in one line.</summary>
    public static string Describe()
        => $"{Environment.ProcessorCount} cores ({Processor()}), {Memory()} GB of memory, {RuntimeInformation.OSDescription}, "
            + $"{RuntimeInformation.FrameworkDescription}";

    private static string Processor() => Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string Memory()
        => Field("/proc/meminfo", "MemTotal") is { } kilobytes
            ? $"{long.Parse(kilobytes.Replace("kB", ""), CultureInfo.InvariantCulture) / 1048576.0:0}" : "?";

    private static string? Field(string file, string name)
        => File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() : null;
}
