using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ScaleHub.LocalAspire;

/// <summary>The version of a server's program, for those who look at the graph; asked of the program, and only once.</summary>
internal static partial class ServerVersions
{
    private static readonly ConcurrentDictionary<string, string?> Known = new();

    /// <summary>Such as <c>15.10</c>; null when it does not say.</summary>
    public static async Task<string?> OfAsync(string program, CancellationToken ct)
        => Known.TryGetValue(program, out var version) ? version : Known[program] = await AskAsync(program, ct);

    private static async Task<string?> AskAsync(string program, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, Path.GetFileName(program) == "nginx" ? "-v" : "--version")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            // nginx says it on standard error.
            var answers = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            // "postgres (PostgreSQL) 15.10 (Debian …)", "Redis server v=7.0.15 sha=…", "nginx version: nginx/1.22.1"
            return Version().Match(string.Concat(answers)) is { Success: true } found ? found.Value : null;
        }
        catch (Win32Exception)
        {
            // It cannot be run; the start will say so better.
            return null;
        }
    }

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex Version();
}
