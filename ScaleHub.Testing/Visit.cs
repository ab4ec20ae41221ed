using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ScaleHub.Testing;

/// <summary>Somebody's visit to a page: a window with storage of its own, and what the browser complained of. Screenshots go to
/// <c>artifacts/screenshots</c>, pictures for the documentation to <c>docs/pictures</c>.</summary>
public sealed class Visit : IAsyncDisposable
{
    /// <summary>Milliseconds until something that should be there counts as missing.</summary>
    public const float Patience = 40_000;

    // A picture is read with a document, over whatever line the reader has.
    private const int LargestPicture = 200_000;

    private readonly List<string> _complaints = [];

    static Visit() => Assertions.SetDefaultExpectTimeout(Patience);

    private Visit(IPage page)
    {
        Page = page;
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complain(message.Text);
        };
        page.PageError += (_, error) => Complain(error);
    }

    public IPage Page { get; }

    private string[] Complaints
    {
        get
        {
            lock (_complaints) return [.. _complaints];
        }
    }

    /// <summary>Opens a page in a new window.</summary>
    public static async Task<Visit> BeginAsync(
        InstalledBrowser browser, Uri address, string path, ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        var context = await browser.Browser.NewContextAsync(new()
        {
            BaseURL = address.ToString(),
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new() { Width = width, Height = 860 },
        });
        var visit = new Visit(await context.NewPageAsync());
        await visit.Page.GotoAsync(path);
        return visit;
    }

    /// <summary>Fills in the form.</summary>
    public async Task SignInAsync(string email, string password = Account.Password)
    {
        await Page.GetByLabel("E-mail address").FillAsync(email);
        await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await Button("Sign in").ClickAsync();
    }

    /// <summary>The same with the keyboard alone: the form is where it begins.</summary>
    public async Task SignInByKeyboardAsync(string email, string password = Account.Password)
    {
        await Assertions.Expect(Page.GetByLabel("E-mail address")).ToBeFocusedAsync();
        await Page.Keyboard.TypeAsync(email);
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.TypeAsync(password);
        await Page.Keyboard.PressAsync("Enter");
    }

    /// <summary>The first stop of the keyboard leads past the navigation.</summary>
    public async Task SkipByKeyboardAsync()
    {
        await Page.ReloadAsync();
        await Assertions.Expect(Page.Locator("h1")).ToBeVisibleAsync();
        await Page.Keyboard.PressAsync("Tab");
        var skip = Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" });
        await Assertions.Expect(skip).ToBeFocusedAsync();
        await Assertions.Expect(skip).ToBeInViewportAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToBeFocusedAsync();
    }

    /// <summary>Goes to a section by its address, and waits until it has shown everything.</summary>
    public async Task GoToAsync(string address, string heading)
    {
        await Page.GotoAsync(address);
        await ShowsAsync(heading);
    }

    /// <summary>Waits until a section has shown everything.</summary>
    public async Task ShowsAsync(string heading)
    {
        await Assertions.Expect(Page.Locator("h1")).ToHaveTextAsync(heading);
        await Assertions.Expect(Page.Locator(".skeleton, [aria-busy=true]")).ToHaveCountAsync(0);
    }

    /// <summary>A button by its whole name, as screen readers say it.</summary>
    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>The row of a table that has a text.</summary>
    public ILocator Row(string table, string text)
        => Page.GetByRole(AriaRole.Table, new() { Name = table, Exact = true }).Locator("tbody tr")
            .Filter(new() { HasText = text });

    /// <summary>A part of a section by its heading.</summary>
    public ILocator Card(string heading) => Page.GetByRole(AriaRole.Region, new() { Name = heading, Exact = true });

    /// <summary>A number at the top of a section by its name.</summary>
    public ILocator Tile(string name)
        => Page.Locator(".tile").Filter(new() { Has = Page.GetByText(name, new() { Exact = true }) }).Locator(".tile-value");

    /// <summary>The browser has not complained, but for answers with these statuses, which it tells of.</summary>
    public void AssertQuiet(params int[] statuses) => Assert.All(Complaints, text => Assert.Contains(statuses, status =>
        text.StartsWith($"Failed to load resource: the server responded with a status of {status} ", StringComparison.Ordinal)));

    /// <summary>Nothing is wider than the window, and axe-core finds nothing serious. Leaves a screenshot.</summary>
    public async Task AssertLooksRightAsync(string name)
    {
        await Page.ScreenshotAsync(new() { Path = Under("artifacts", "screenshots", $"{name}.png"), FullPage = true });
        var widths = await Page.EvaluateAsync<int[]>(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        Assert.True(widths[0] <= widths[1], $"{name} is {widths[0]} wide in a window of {widths[1]}.");
        var found = await Page.RunAxe();
        // Rules that looked at nothing would find nothing.
        Assert.Contains(found.Passes, p => p.Id == "color-contrast");
        var serious = found.Violations.Where(v => v.Impact is "serious" or "critical").ToList();
        Assert.True(serious.Count == 0, $"{name}: " + string.Join("; ", serious.Select(
            v => $"{v.Id}: {v.Help} ({string.Join(", ", v.Nodes.Take(5).Select(n => n.Html))})")));
    }

    /// <summary>With <c>UPDATE_PICTURES=1</c>: what the window shows becomes a picture of the documentation.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_PICTURES") != "1") return;
        var picture = await Page.ScreenshotAsync(new() { Path = Under("docs", "pictures", $"{name}.png") });
        Assert.True(picture.Length < LargestPicture, $"{name} has {picture.Length} bytes.");
    }

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();

    private static string Under(params string[] path) => Path.Combine([Repository.Root, .. path]);

    private void Complain(string text)
    {
        lock (_complaints) _complaints.Add(text);
    }
}
