using System.Diagnostics;
using System.Net;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>
/// Whoever loses access loses it on every instance in under a second, also when nobody waits for the answer any more and no
/// standby confirms the commit: the client is gone, and the handler never gets beyond its write.
/// </summary>
public sealed class LostAccessTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private ApiInstances _api = null!;

    public async Task InitializeAsync() => _api = await ApiInstances.StartAsync(2);

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task A_session_that_its_user_ended()
    {
        using var account = await _api.RegisterAsync();
        var (access, _) = await account.Client.SignInAsync(account.Email);
        await AssertLostAsync(access, account, HttpMethod.Delete, "/api/v1/sessions", null,
            $"select count(*) = 1 from sessions where company_id = '{account.CompanyId}' and revoked_at is not null");
    }

    [Fact]
    public async Task A_user_who_was_removed()
    {
        using var account = await _api.RegisterAsync();
        var member = await account.AddAsync("member");
        await AssertLostAsync(member.Access, account, HttpMethod.Delete, $"/api/v1/users/{member.Id}", null,
            $"select deleted_at is not null from users where id = '{member.Id}'");
    }

    [Fact]
    public async Task A_role_that_was_changed()
    {
        using var account = await _api.RegisterAsync();
        var admin = await account.AddAsync("admin");
        await AssertLostAsync(admin.Access, account, HttpMethod.Patch, $"/api/v1/users/{admin.Id}", new { role = "member" },
            $"select role = 'member' from users where id = '{admin.Id}'");
    }

    [Fact]
    public async Task A_plan_that_was_changed()
    {
        using var account = await _api.RegisterAsync("ENTERPRISE");
        var before = await Task.WhenAll(Instances().Select(i => PlanPolicyAsync(i, account)));
        Assert.Equal(before[0], before[1]);
        await WriteUnansweredAsync(account, HttpMethod.Put, "/api/v1/company/plan", new { plan = "BASIC" },
            $"select plan = 'BASIC' from companies where id = '{account.CompanyId}'");
        var clock = Stopwatch.StartNew();
        foreach (var instance in Instances())
        {
            for (var asked = clock.Elapsed; await PlanPolicyAsync(instance, account) == before[0]; asked = clock.Elapsed)
                Assert.True(asked < Second, $"The old limits still held after {asked.TotalMilliseconds:0} ms.");
        }
    }

    private List<HttpClient> Instances() => [_api.CreateClient(0), _api.CreateClient(1)];

    private static async Task<string> PlanPolicyAsync(HttpClient client, Account account)
    {
        using var response = await client.SendAsync(account.AccessToken, "/api/v1/tasks");
        return response.Headers.GetValues("RateLimit-Policy").Single();
    }

    private async Task AssertLostAsync(
        string access, Account account, HttpMethod method, string path, object? body, string isDone)
    {
        var instances = Instances();
        foreach (var client in instances) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(access));
        await WriteUnansweredAsync(account, method, path, body, isDone);
        var clock = Stopwatch.StartNew();
        foreach (var client in instances)
        {
            for (var asked = clock.Elapsed; await client.StatusAsync(access) != HttpStatusCode.Unauthorized; asked = clock.Elapsed)
                Assert.True(asked < Second, $"It still worked after {asked.TotalMilliseconds:0} ms.");
        }
    }

    /// <summary>A write that waits for a standby which does not exist, by a client that does not wait; returns when it is
    /// done.</summary>
    private async Task WriteUnansweredAsync(Account account, HttpMethod method, string path, object? body, string isDone)
    {
        await SetStandbyAsync("nobody");
        using (var impatient = _api.CreateClient())
        {
            var writing = impatient.SendAsync(account.AccessToken, path, method, body);
            await Poll.UntilAsync(async () => Assert.Equal(["1"], await PostgresServer.QueryAsync(
                _api.Database.Owner, "select count(*) from pg_stat_activity where wait_event = 'SyncRep'")));
            impatient.CancelPendingRequests();
            await Assert.ThrowsAsync<TaskCanceledException>(() => writing);
        }
        await Poll.UntilAsync(async () => Assert.Equal(
            ["True"], await PostgresServer.QueryAsync(_api.Database.Owner, isDone)));
    }

    private async Task SetStandbyAsync(string name)
    {
        await _api.ExecuteAsync($"alter system set synchronous_standby_names = '{name}'");
        await _api.ExecuteAsync("select pg_reload_conf()");
    }
}
