using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Load;

/// <summary>What wrk measured.</summary>
/// <param name="Requests">How many were answered.</param>
/// <param name="PerSecond">The rate.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
internal sealed record WrkResult(long Requests, double PerSecond, double P50, double P99);

/// <summary>
/// A closed loop by wrk: each connection sends its next request when it has the answer. wrk takes a few microseconds of processor for
/// a request, which leaves the processors to what is measured.
/// </summary>
internal static partial class Wrk
{
    /// <summary>Threads of wrk where it may use all processors.</summary>
    public static int Threads => Math.Min(Environment.ProcessorCount, 4);

    /// <summary>Runs it.</summary>
    /// <param name="name">What is asked, for the sentence of a failure.</param>
    /// <param name="address">What is asked.</param>
    /// <param name="connections">How many are open.</param>
    /// <param name="time">How long.</param>
    /// <param name="token">Sent as a bearer token.</param>
    /// <param name="script">A Lua script, as wrk's documentation has it.</param>
    /// <param name="processors">Which it may use, as taskset has it; null for all.</param>
    /// <exception cref="RowException">An answer was none of 2xx, or a connection broke.</exception>
    public static async Task<WrkResult> RunAsync(
        string name, Uri address, int connections, TimeSpan time, string? token = null, string? script = null, string? processors = null)
    {
        var wrk = await InstalledProgram.FindAsync("wrk", "wrk", "wrk");
        var threads = processors is null ? Threads : 1;
        string[] command =
        [
            .. processors is null ? (string[])[] : ["taskset", "-c", processors],
            wrk, "-t", $"{threads}", "-c", $"{connections}", "-d", $"{Math.Max(1, Math.Round(time.TotalSeconds))}s", "--latency",
            .. token is null ? (string[])[] : ["-H", $"Authorization: Bearer {token}"],
            .. script is null ? (string[])[] : ["-s", script],
            address.ToString(),
        ];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 || !said.Contains("Requests/sec", StringComparison.Ordinal))
            throw new RowException($"wrk against {name} failed: {await errors} {said}");
        if (Faults().Match(said) is { Success: true } fault) throw new RowException($"{name} did not answer all requests: {fault.Value}");
        return new(
            long.Parse(Total().Match(said).Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture),
            Milliseconds(said, "50%"), Milliseconds(said, "99%"));
    }

    private static double Milliseconds(string said, string percentile)
    {
        var match = Regex.Match(said, $@"\s{percentile}\s+([\d.]+)(us|ms|s)");
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
    }

    [GeneratedRegex(@"Non-2xx or 3xx responses: \d+|Socket errors: .*")]
    private static partial Regex Faults();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Total();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();
}
