using Microsoft.Playwright;

namespace ScaleHub.Testing;

/// <summary>A browser of this machine, for tests of pages; installed where it is missing (<see cref="InstalledProgram"/>).</summary>
public sealed class InstalledBrowser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser has not been started.");

    public async Task InitializeAsync()
    {
        var program = await InstalledProgram.FindAsync("Chromium", "chromium", "chromium", "chromium-browser", "google-chrome");
        _playwright = await Playwright.CreateAsync();
        // Without Chromium's sandbox, which is what Playwright does unless asked: root has none, and it sees our own page only.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
