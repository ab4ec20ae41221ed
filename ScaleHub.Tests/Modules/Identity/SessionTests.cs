using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Aspire.Hosting.Testing;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

[Collection(GraphCollection.Name)]
public sealed class SessionTests(GraphFixture graph)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_session_that_was_ended_fails_on_every_instance_in_under_a_second()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await AssertEndsEverywhereAsync(account, (await account.Client.SignInAsync(account.Email)).Access,
            access => account.Client.SendAsync(access, "/api/v1/auth/logout", HttpMethod.Post));
    }

    [Fact]
    public async Task Without_Redis_sessions_work_and_end_on_every_instance_in_under_a_second()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var (early, _) = await account.Client.SignInAsync(account.Email);
        foreach (var client in Instances()) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(early));
        await using (await StoppedResource.StopAsync(graph, "redis"))
        {
            foreach (var client in Instances()) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(early));
            await AssertEndsEverywhereAsync(
                account, early, access => account.Client.SendAsync(access, "/api/v1/auth/logout", HttpMethod.Post));
        }
        // Back again, with nothing that Redis remembers from before.
        foreach (var client in Instances()) Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync(early));
        await AssertEndsEverywhereAsync(account, (await account.Client.SignInAsync(account.Email)).Access,
            access => account.Client.SendAsync(access, "/api/v1/auth/logout", HttpMethod.Post));
    }

    [Fact]
    public async Task While_Redis_hangs_sessions_begin_work_and_end_on_every_instance()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var (early, _) = await account.Client.SignInAsync(account.Email);
        foreach (var client in Instances()) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(early));
        using (ProcessTree.Freeze(graph.App.GetEndpoint("redis", "tcp").Port))
        {
            var (late, _) = await account.Client.SignInAsync(account.Email);
            foreach (var client in Instances()) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(late));
            foreach (var access in (string[])[early, late])
                await AssertEndsEverywhereAsync(
                    account, access, token => account.Client.SendAsync(token, "/api/v1/auth/logout", HttpMethod.Post));
        }
        await graph.UntilRedisIsBackAsync();
        foreach (var client in Instances()) Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync(early));
    }

    [Fact]
    public async Task The_token_of_a_removed_user_fails_on_every_instance_in_under_a_second()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var member = await account.AddAsync("member");
        await AssertEndsEverywhereAsync(account, member.Access, _ => account.Client.DeleteAsync($"/api/v1/users/{member.Id}"));
        await (await account.Client.RefreshAsync(member.Refresh)).ProblemAsync(HttpStatusCode.Unauthorized);
        await (await account.Client.PostJsonAsync("/api/v1/auth/login",
            new { email = member.Email, password = Account.Password }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_with_an_old_role_fails_on_every_instance_in_under_a_second_and_a_refresh_brings_the_new_one()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var admin = await account.AddAsync("admin");
        await AssertEndsEverywhereAsync(account, admin.Access,
            _ => account.Client.SendAsync(account.AccessToken, $"/api/v1/users/{admin.Id}", HttpMethod.Patch,
                new { role = "member" }));
        var (access, _) = SignIns.Tokens(await (await account.Client.RefreshAsync(admin.Refresh)).JsonAsync(HttpStatusCode.OK));
        foreach (var client in Instances())
        {
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(access));
            Assert.Equal(HttpStatusCode.Forbidden, await client.StatusAsync(access, "/api/v1/users"));
        }
    }

    [Fact]
    public async Task A_list_of_sessions_shows_devices_and_which_one_asks()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var phone = graph.CreateClient();
        phone.DefaultRequestHeaders.UserAgent.ParseAdd("Phone/1.0");
        var (access, _) = await phone.SignInAsync(account.Email);
        var items = (await (await phone.SendAsync(access, "/api/v1/sessions")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray().ToList();
        Assert.Equal(2, items.Count);
        Assert.Equal("Phone/1.0", items[0].GetProperty("userAgent").GetString());
        Assert.Equal([true, false], items.Select(i => i.GetProperty("current").GetBoolean()));
        Assert.All(items, i => Assert.True(IPAddress.IsLoopback(IPAddress.Parse(i.GetProperty("ip").GetString()!))));
    }

    [Fact]
    public async Task A_user_ends_one_or_all_other_sessions_but_nobody_elses()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var stranger = await Account.RegisterAsync(graph.Address);
        var colleague = await account.AddAsync("member");
        var others = new List<string>();
        for (var i = 0; i < 3; i++) others.Add((await account.Client.SignInAsync(account.Email)).Access);

        var newest = (await ListAsync(account.Client, account.AccessToken))[0].GetProperty("id").GetGuid();
        await (await account.Client.SendAsync(colleague.Access, $"/api/v1/sessions/{newest}", HttpMethod.Delete))
            .ProblemAsync(HttpStatusCode.NotFound);
        await (await stranger.Client.DeleteAsync($"/api/v1/sessions/{newest}")).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/sessions/{newest}")).StatusCode);
        await (await account.Client.DeleteAsync($"/api/v1/sessions/{newest}")).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(3, (await ListAsync(account.Client, account.AccessToken)).Count);

        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync("/api/v1/sessions")).StatusCode);
        Assert.Single(await ListAsync(account.Client, account.AccessToken));
        foreach (var access in others)
            await Poll.UntilAsync(
                async () => Assert.Equal(HttpStatusCode.Unauthorized, await account.Client.StatusAsync(access)), seconds: 1);
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(colleague.Access));
    }

    private static async Task<List<JsonElement>> ListAsync(HttpClient client, string access)
        => [.. (await (await client.SendAsync(access, "/api/v1/sessions")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray()];

    private HttpClient[] Instances()
        => [.. graph.Instances.Select(address => new HttpClient { BaseAddress = address })];

    /// <summary>
    /// Uses a token on each instance, so that each keeps its session, then ends it and sees how long it goes on.
    /// </summary>
    private async Task AssertEndsEverywhereAsync(Account account, string access, Func<string, Task<HttpResponseMessage>> end)
    {
        var instances = Instances();
        foreach (var client in instances) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(access));
        using var answer = await end(access);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {account.CompanyId}");
        var clock = Stopwatch.StartNew();
        foreach (var client in instances)
        {
            while (true)
            {
                // Asked before the second was over, answered as if it went on: only then it is too late.
                var asked = clock.Elapsed;
                if (await client.StatusAsync(access) == HttpStatusCode.Unauthorized) break;
                Assert.True(asked < Second, $"It still worked after {asked.TotalMilliseconds:0} ms.");
            }
        }
    }
}
