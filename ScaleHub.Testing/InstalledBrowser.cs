using System.Diagnostics;
using Microsoft.Playwright;

namespace ScaleHub.Testing;

/// <summary>
/// A browser of this machine, for tests of pages. A missing one is installed as servers are: with apt-get, where that needs no
/// question asked (root, or sudo without a password; <c>SCALEHUB_NO_INSTALL=1</c> forbids it). Elsewhere a line says what to do.
/// </summary>
public sealed class InstalledBrowser : IAsyncLifetime
{
    private const string Install = """
        export DEBIAN_FRONTEND=noninteractive
        apt() { apt-get -q -y -o DPkg::Lock::Timeout=120 "$@"; }
        apt install --no-install-recommends chromium || { apt update && apt install --no-install-recommends chromium; }
        """;

    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser has not been started.");

    public async Task InitializeAsync()
    {
        var program = Find(Programs) ?? await InstallAsync();
        _playwright = await Playwright.CreateAsync();
        // Without Chromium's sandbox, which is what Playwright does unless asked: root has none, and it sees our own page only.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static async Task<string> InstallAsync()
    {
        if (Environment.GetEnvironmentVariable("SCALEHUB_NO_INSTALL") is { Length: > 0 } and not "0")
            throw Missing(" (SCALEHUB_NO_INSTALL forbids installing it)");
        if (Find("apt-get") is null) throw Missing("");
        string[] root = Environment.IsPrivilegedProcess ? [] : ["sudo", "-n"];
        if (root is [var sudo, ..] && (Find(sudo) is null || await RunAsync([.. root, "true"]) != 0))
            throw Missing(" (installing it needs root)");
        var code = await RunAsync([.. root, "/bin/sh", "-c", Install]);
        return Find(Programs) ?? throw Missing($" (apt-get ended with exit code {code})");
    }

    private static InvalidOperationException Missing(string why)
        => new($"Missing on this machine: Chromium{why}; run: sudo apt-get install -y chromium");

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
