using System.Net;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Cards;

[Collection(ApiTests.Name)]
public sealed class FeedTests(ApiFixture api)
{
    private const string ConsistencyHeader = "ScaleHub-Consistency";

    [Fact]
    public async Task A_pack_shows_its_rare_cards_and_better_under_the_name_that_was_given_and_nothing_else()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (expected, position, ids) = await OpenUntilShownAsync(account, "Zoë 🦉 O'Neill", count: 4);
        var feed = await FeedAsync("Zoë 🦉 O'Neill", position);
        Assert.Equal(expected.Order(), feed.Select(i => (i.Text("card"), i.Text("tier"))).Order());
        Assert.All(feed, item => Assert.Equal(
            ["card", "tier", "shownName", "createdAt"], item.EnumerateObject().Select(p => p.Name)));
        foreach (var tier in (string[])["common", "rare", "epic", "legendary"])
            Assert.All(await FeedAsync(name: null, position, $"&tier={tier}"), i => Assert.Equal(tier, i.Text("tier")));
        Assert.Equal(expected.Where(c => c.Tier == "rare").Order(), (await FeedAsync("Zoë 🦉 O'Neill", position, "&tier=rare"))
            .Select(i => (i.Text("card"), i.Text("tier"))).Order());

        var raw = await RawAsync("/api/v1/feed?limit=100", position);
        foreach (var id in (Guid[])[account.CompanyId, account.UserId, .. ids])
        {
            Assert.DoesNotContain(id.ToString(), raw, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(id.ToString("N"), raw, StringComparison.OrdinalIgnoreCase);
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await api.Client.GetAsync("/api/v1/feed?tier=mythic")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await api.Client.GetAsync("/api/v1/feed?cursor=x")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await api.Client.GetAsync("/api/v1/feed?limit=101")).StatusCode);
    }

    [Fact]
    public async Task Without_a_name_nothing_is_shown()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var before = await CountAsync();
        for (var i = 0; i < 8; i++) await account.Client.OpenPackAsync();
        Assert.Equal(before, await CountAsync());

        async Task<long> CountAsync()
            => await NodeSql.AskAsync<long>(api.Database.Owner, "select count(*) from global_feed");
    }

    [Fact]
    public async Task A_walk_through_the_feed_meets_every_entry_once_whatever_is_added_meanwhile()
    {
        using var one = await Account.RegisterAsync(api.Address);
        using var other = await Account.RegisterAsync(api.Address);
        var name = $"Walker {Guid.NewGuid():N}";
        var (first, _, _) = await OpenUntilShownAsync(one, name, count: 5);
        var (second, position, _) = await OpenUntilShownAsync(other, name, count: 5);

        List<JsonElement> walked = [];
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : $"&cursor={cursor}";
            var page = JsonDocument.Parse(await RawAsync($"/api/v1/feed?limit=3{from}", position)).RootElement;
            walked.AddRange(page.Items());
            cursor = page.GetProperty("page").GetProperty("nextCursor").GetString();
            await OpenUntilShownAsync(one, "Newcomer", count: 1);
        }
        while (cursor is not null);
        Assert.Equal(first.Concat(second).Order(),
            walked.Where(i => i.Text("shownName") == name).Select(i => (i.Text("card"), i.Text("tier"))).Order());
        var times = walked.Select(i => i.GetProperty("createdAt").GetDateTimeOffset().ToUnixTimeMilliseconds()).ToList();
        Assert.Equal(times.OrderDescending(), times);
    }

    [Fact]
    public async Task A_cursor_of_one_tier_is_none_of_another()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (_, position, _) = await OpenUntilShownAsync(account, "😀", count: 12);
        var page = JsonDocument.Parse(await RawAsync("/api/v1/feed?limit=1&tier=rare", position)).RootElement.GetProperty("page");
        await (await api.Client.GetAsync($"/api/v1/feed?limit=1&tier=epic&cursor={page.Text("nextCursor")}"))
            .ProblemAsync(HttpStatusCode.BadRequest);
    }

    /// <summary>Opens packs until so many cards are shown; which they are, and where in the log the last stands.</summary>
    private static async Task<(List<(string Card, string Tier)> Shown, string Position, List<Guid> Ids)> OpenUntilShownAsync(
        Account account, string name, int count)
    {
        List<(string, string)> shown = [];
        List<Guid> ids = [];
        var position = "";
        while (shown.Count < count)
        {
            var response = await account.Client.PostPackAsync(JsonSerializer.Serialize(new { shownName = name }));
            var pack = (await response.JsonAsync(HttpStatusCode.Created)).GetProperty("pack");
            position = response.Headers.GetValues(ConsistencyHeader).Single();
            ids.AddRange(pack.Items("cards").Append(pack).Select(PracticeSupport.Id));
            shown.AddRange(pack.Items("cards").Where(c => c.Text("tier") is "rare" or "epic" or "legendary")
                .Select(c => (c.Text("card"), c.Text("tier"))));
        }
        return (shown, position, ids);
    }

    private async Task<JsonElement[]> FeedAsync(string? name, string position, string filter = "")
        => [.. JsonDocument.Parse(await RawAsync($"/api/v1/feed?limit=100{filter}", position)).RootElement.Items()
            .Where(i => name is null || i.Text("shownName") == name)];

    /// <summary>Nobody in particular reads, from a node that has come as far.</summary>
    private async Task<string> RawAsync(string path, string position)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add(ConsistencyHeader, position);
        using var response = await api.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
