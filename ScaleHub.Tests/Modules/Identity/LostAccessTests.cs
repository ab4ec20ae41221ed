using System.Diagnostics;
using System.Net;
using Npgsql;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>
/// Whoever loses access loses it on every instance in under a second, also when nobody waits for the answer any more and no
/// standby confirms the commit: the client is gone, and the handler never gets beyond its write.
/// </summary>
public sealed class LostAccessTests(LostAccessTests.Api api) : IClassFixture<LostAccessTests.Api>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private const string WaitingCommits = "select pid from pg_stat_activity where wait_event = 'SyncRep'";
    private readonly ApiInstances _api = api.Instances;

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

    [Fact]
    public async Task A_session_that_was_ended_through_an_instance_that_died_before_it_could_tell()
    {
        await using var own = await ApiProcesses.StartAsync(2);
        using var account = await own.RegisterAsync();
        var (access, _) = await account.Client.SignInAsync(account.Email);
        using var other = own.CreateClient(1);
        Assert.Equal(HttpStatusCode.OK, await other.StatusAsync(access));
        await SetStandbyAsync(own, "nobody");
        var writing = account.Client.SendAsync(account.AccessToken, "/api/v1/sessions", HttpMethod.Delete);
        await UntilACommitWaitsAsync(own);
        await own.KillAsync(0);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => writing);
        // The server goes through with the commit, of which nobody is told.
        await SetStandbyAsync(own, "");
        await UntilAsync(own, $"select count(*) = 1 from sessions where company_id = '{account.CompanyId}' and revoked_at is not null");
        await AssertRefusedAsync(access, [other]);
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
        await AssertRefusedAsync(access, instances);
    }

    private static async Task AssertRefusedAsync(string access, List<HttpClient> instances)
    {
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
        await SetStandbyAsync(_api, "nobody");
        try
        {
            using var impatient = _api.CreateClient();
            var writing = impatient.SendAsync(account.AccessToken, path, method, body);
            await UntilACommitWaitsAsync(_api);
            impatient.CancelPendingRequests();
            await Assert.ThrowsAsync<TaskCanceledException>(() => writing);
            await UntilAsync(_api, isDone);
        }
        finally
        {
            await SetStandbyAsync(_api, "");
        }
    }

    // The request's own: what instances write in the background, such as metrics, waits as well. A commit that waits still has its locks.
    private static Task UntilACommitWaitsAsync(ApiInstances api) => UntilAsync(api, $"""
        select exists (select from pg_locks where pid in ({WaitingCommits}) and mode = 'RowExclusiveLock'
            and relation in ('sessions'::regclass, 'users'::regclass, 'companies'::regclass))
        """);

    private static Task UntilAsync(ApiInstances api, string condition) => Poll.UntilAsync(async () => Assert.Equal(
        ["True"], await PostgresServer.QueryAsync(api.Database.Owner, condition)));

    private static async Task SetStandbyAsync(ApiInstances api, string name)
    {
        await api.ExecuteAsync($"alter system set synchronous_standby_names = '{name}'");
        await api.ExecuteAsync("select pg_reload_conf()");
        if (name.Length == 0) return;
        // A commit waits once the checkpointer has read the setting, which it does a moment after it was told to.
        await Poll.UntilAsync(async () =>
        {
            var probe = api.ExecuteAsync("select pg_logical_emit_message(true, 'probe', '')");
            while (!probe.IsCompleted && (await api.QueryAsync(WaitingCommits)).Count == 0)
            {
            }
            Assert.False(probe.IsCompleted, "The commit did not wait.");
            await api.ExecuteAsync($"select pg_terminate_backend(pid) from ({WaitingCommits}) waiting");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => probe);
        }, seconds: 60);
    }

    public sealed class Api : IAsyncLifetime
    {
        public ApiInstances Instances { get; private set; } = null!;

        public async Task InitializeAsync() => Instances = await ApiInstances.StartAsync(2);

        public async Task DisposeAsync() => await Instances.DisposeAsync();
    }
}
