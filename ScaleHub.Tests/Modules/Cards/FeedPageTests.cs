using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Cards;

/// <summary>The page of the feed, in a browser.</summary>
[Collection(ApiTests.Name)]
public sealed class FeedPageTests(ApiFixture api, InstalledBrowser browser) : IClassFixture<InstalledBrowser>
{
    private const string Hostile = "<img src=x onerror=document.title='owned'>";
    private const float Patience = 40_000;

    [Fact]
    public async Task The_second_visit_takes_every_file_from_the_browsers_cache()
    {
        await ShowCardAsync("Visitor");
        var page = await OpenAsync();
        await page.Page.GotoAsync("/feed");
        await Assertions.Expect(page.Cards.First).ToBeVisibleAsync(new() { Timeout = Patience });
        await Assertions.Expect(page.Page.Locator("#odds")).ToBeVisibleAsync(new() { Timeout = Patience });
        await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        var files = page.Files;
        Assert.All(files, file => Assert.True(page.Asked(file) == 1, $"{file} was asked for {page.Asked(file)} times."));
        // Style, script, and a picture for each tier at least; pictures as WebP only.
        Assert.Contains(files, f => f.EndsWith(".css", StringComparison.Ordinal));
        Assert.Contains(files, f => f.EndsWith(".js", StringComparison.Ordinal));
        Assert.Equal(5, files.Count(f => f.EndsWith(".webp", StringComparison.Ordinal)));
        Assert.DoesNotContain(files, f => f.EndsWith(".png", StringComparison.Ordinal));
        var shown = await page.Cards.First.Locator("img").EvaluateAsync<string>("i => i.naturalWidth + ' ' + i.currentSrc");
        Assert.Matches("^320 .*\\.webp$", shown);

        page.Forget();
        await page.Page.GotoAsync("/feed");
        await Assertions.Expect(page.Cards.First).ToBeVisibleAsync(new() { Timeout = Patience });
        await Assertions.Expect(page.Page.Locator("#odds")).ToBeVisibleAsync(new() { Timeout = Patience });
        await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        Assert.Equal(files, page.Files);
        Assert.All(files, file => Assert.True(page.Asked(file) == 0, $"{file} was asked for again."));
        // The browser's own account of it: not a byte of a file came over the network.
        var transferred = await page.Page.EvaluateAsync<int>("""
            performance.getEntriesByType("resource").filter(r => r.name.includes("/assets/"))
                .reduce((sum, file) => sum + file.transferSize, 0)
            """);
        Assert.Equal(0, transferred);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_name_that_is_markup_is_shown_as_text()
    {
        await ShowCardAsync(Hostile);
        var page = await OpenAsync();
        await page.Page.GotoAsync("/feed");
        await Assertions.Expect(page.Cards.Locator("bdi").Filter(new() { HasText = Hostile }).First)
            .ToHaveTextAsync(Hostile, new() { Timeout = Patience });
        Assert.Equal(0, await page.Page.Locator("img[src=x]").CountAsync());
        Assert.Equal("Live card feed", await page.Page.TitleAsync());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Choosing_a_tier_shows_that_tier_only_and_can_be_linked_to()
    {
        var tier = await ShowCardAsync("Chooser");
        var page = await OpenAsync();
        await page.Page.GotoAsync("/feed");
        await page.Page.GetByRole(AriaRole.Radio, new() { Name = tier }).CheckAsync();
        await ShownAsync();
        Assert.EndsWith($"/feed?tier={tier}", page.Page.Url, StringComparison.Ordinal);

        await page.Page.GotoAsync($"/feed?tier={tier}");
        Assert.True(await page.Page.GetByRole(AriaRole.Radio, new() { Name = tier }).IsCheckedAsync());
        await ShownAsync();
        Assert.Empty(page.Complaints);

        async Task ShownAsync()
        {
            await Assertions.Expect(page.Page.Locator("#cards:not([aria-busy])")).ToBeVisibleAsync(new() { Timeout = Patience });
            await Assertions.Expect(page.Cards.And(page.Page.Locator($"[data-tier={tier}]")).First)
                .ToBeVisibleAsync(new() { Timeout = Patience });
            await Assertions.Expect(page.Cards.And(page.Page.Locator($":not([data-tier={tier}])"))).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task The_policy_lets_no_other_script_run()
    {
        var page = await OpenAsync();
        await page.Page.GotoAsync("/feed");
        var blocked = await page.Page.EvaluateAsync<bool>("""
            () => { try { document.body.innerHTML = "<b>markup</b>"; return false; } catch { return true; } }
            """);
        Assert.True(blocked, "Text became markup.");
        Assert.NotEmpty(page.Complaints);
    }

    /// <summary>Opens packs until a card is public; its tier.</summary>
    private async Task<string> ShowCardAsync(string name)
    {
        using var account = await Account.RegisterAsync(api.Address);
        while (true)
        {
            var opened = await account.Client.OpenPackAsync(JsonSerializer.Serialize(new { shownName = name }));
            var tiers = opened.GetProperty("pack").Items("cards").Select(c => c.Text("tier"));
            if (tiers.FirstOrDefault(t => t is "rare" or "epic" or "legendary") is { } tier) return tier;
        }
    }

    private async Task<Visit> OpenAsync()
    {
        var context = await browser.Browser.NewContextAsync(new() { BaseURL = api.Address.ToString() });
        var page = await context.NewPageAsync();
        var visit = new Visit(page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") visit.Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => visit.Complaints.Add(error);
        await visit.ListenAsync(await context.NewCDPSessionAsync(page));
        return visit;
    }

    /// <summary>A page with what came of its requests for files, and all that the browser complained of.</summary>
    private sealed class Visit(IPage page)
    {
        // By the request's id.
        private readonly ConcurrentDictionary<string, (string Path, bool FromCache)> _requests = [];

        public IPage Page => page;

        public ILocator Cards => page.Locator("#cards > .card");

        public ConcurrentBag<string> Complaints { get; } = [];

        /// <summary>Paths of the files that the page wanted.</summary>
        public List<string> Files => [.. _requests.Values.Select(r => r.Path).Distinct().Order()];

        /// <summary>How often a file was asked of the server.</summary>
        public int Asked(string path) => _requests.Values.Count(r => r.Path == path && !r.FromCache);

        public void Forget() => _requests.Clear();

        public async Task ListenAsync(ICDPSession network)
        {
            network.Event("Network.requestWillBeSent").OnEvent += (_, e) =>
            {
                var path = new Uri(e!.Value.GetProperty("request").Text("url")).AbsolutePath;
                if (path.StartsWith("/assets/", StringComparison.Ordinal)) _requests[e.Value.Text("requestId")] = (path, false);
            };
            // From memory, and from disk.
            network.Event("Network.requestServedFromCache").OnEvent += (_, e) => FromCache(e!.Value);
            network.Event("Network.responseReceived").OnEvent += (_, e) =>
            {
                if (e!.Value.GetProperty("response").GetProperty("fromDiskCache").GetBoolean()) FromCache(e.Value);
            };
            await network.SendAsync("Network.enable");
        }

        private void FromCache(JsonElement e)
        {
            var id = e.Text("requestId");
            if (_requests.TryGetValue(id, out var request)) _requests[id] = (request.Path, true);
        }
    }
}
