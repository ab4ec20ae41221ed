using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Notifications;

/// <summary>The list of notifications: one's own, counted, read once.</summary>
[Collection(ApiTests.Name)]
public sealed class NotificationsTests(ApiFixture api)
{
    [Fact]
    public async Task Everybody_sees_and_reads_his_own_notifications_alone()
    {
        using var owner = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var (mine, second) = (await AddAsync(owner, owner.UserId, "first"), await AddAsync(owner, owner.UserId, "second"));
        var colleague = await owner.AddAsync("admin");
        var colleagues = await AddAsync(owner, colleague.Id, "not yours");

        Assert.Equal(["second", "first"], await TitlesAsync(owner, "/api/v1/notifications"));
        Assert.Equal(2, await UnreadAsync(owner));
        Assert.Empty(await TitlesAsync(stranger, "/api/v1/notifications"));
        foreach (var (client, id) in new[] { (owner.Client, colleagues), (stranger.Client, mine) })
            Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync($"/api/v1/notifications/{id}/read", null)).StatusCode);

        var firstRead = await ReadAsync(owner, mine);
        Assert.Equal(["second"], await TitlesAsync(owner, "/api/v1/notifications?unread=true"));
        Assert.Equal(1, await UnreadAsync(owner));
        // The moment stays that of the first time.
        Assert.Equal(firstRead, await ReadAsync(owner, mine));

        var all = await (await owner.Client.PostAsync("/api/v1/notifications/read", null)).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(1, all.GetProperty("marked").GetInt32());
        Assert.Equal(0, await UnreadAsync(owner));
        Assert.NotNull(await ReadAsync(owner, second));
    }

    [Fact]
    public async Task Unread_ones_are_counted_up_to_a_hundred()
    {
        using var owner = await api.RegisterAsync();
        await api.ExecuteAsync($"""
            insert into notifications (company_id, id, user_id, kind, title)
            select '{owner.CompanyId}', gen_random_uuid(), '{owner.UserId}', 'task_due', 'n' from generate_series(1, 101)
            """);
        var count = await (await owner.Client.GetAsync("/api/v1/notifications/unread")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal((100, false), (count.GetProperty("count").GetInt32(), count.GetProperty("isExact").GetBoolean()));
    }

    [Fact]
    public async Task A_user_says_what_comes_by_mail()
    {
        using var owner = await api.RegisterAsync();
        Assert.Equal("taskAssigned True, taskDue True, webhookFailing True", await PreferencesAsync(owner));
        for (var i = 0; i < 2; i++)
            (await owner.Client.PutAsJsonAsync("/api/v1/notifications/preferences/taskDue", new { email = false })).EnsureSuccessStatusCode();
        Assert.Equal("taskAssigned True, taskDue False, webhookFailing True", await PreferencesAsync(owner));
        foreach (var unknown in new[] { "TaskDue", "1", "all" })
            await (await owner.Client.PutAsJsonAsync($"/api/v1/notifications/preferences/{unknown}", new { email = false }))
                .ProblemAsync(HttpStatusCode.NotFound);
        await (await owner.Client.PutAsJsonAsync("/api/v1/notifications/preferences/taskDue", new { })).ProblemAsync(HttpStatusCode.BadRequest);
    }

    private static async Task<string> PreferencesAsync(Account account)
        => string.Join(", ", (await (await account.Client.GetAsync("/api/v1/notifications/preferences")).JsonAsync(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray().Select(p => $"{p.GetProperty("kind").GetString()} {p.GetProperty("email").GetBoolean()}"));

    private static async Task<string?> ReadAsync(Account account, Guid id)
    {
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.PostAsync($"/api/v1/notifications/{id}/read", null)).StatusCode);
        var list = await (await account.Client.GetAsync("/api/v1/notifications")).JsonAsync(HttpStatusCode.OK);
        return list.GetProperty("items").EnumerateArray().Single(n => n.GetProperty("id").GetGuid() == id).GetProperty("readAt").GetString();
    }

    private static async Task<IEnumerable<string>> TitlesAsync(Account account, string path)
        => [.. (await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Select(n => n.GetProperty("title").GetString()!)];

    private static async Task<int> UnreadAsync(Account account)
        => (await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/notifications/unread")).GetProperty("count").GetInt32();

    private async Task<Guid> AddAsync(Account account, Guid user, string title)
    {
        var id = Guid.CreateVersion7();
        await api.ExecuteAsync($"""
            insert into notifications (company_id, id, user_id, kind, title)
            values ('{account.CompanyId}', '{id}', '{user}', 'task_assigned', '{title}')
            """);
        return id;
    }
}
