using System.Net;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>Each policy of the endpoints refuses what it is there for, and nothing else.</summary>
public sealed class PolicyTests(PolicyTests.Api api) : IClassFixture<PolicyTests.Api>
{
    private const int Limit = 4, Registrations = 15;

    [Theory]
    [InlineData("auth", "POST", "/api/v1/auth/register", "{}")]
    [InlineData("tokens", "POST", "/api/v1/auth/login", "{}")]
    [InlineData("api", "GET", "/api/v1/tasks", null)]
    [InlineData("public", "GET", "/api/v1/plans", null)]
    public async Task By_address_it_refuses_callers_who_are_not_signed_in(string policy, string method, string path, string? body)
    {
        using var client = api.Instance.CreateClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", $"192.0.2.{policy.Length}");
        await AssertRefusesAsync(client, policy, new(method), path, body);
    }

    [Theory]
    [InlineData("strict", "POST", "/api/v1/users", "{}")]
    [InlineData("essential", "GET", "/api/v1/quotas", null)]
    public async Task By_user_it_refuses_one_and_not_the_colleague(string policy, string method, string path, string? body)
    {
        using var account = await api.Instance.RegisterAsync("ENTERPRISE");
        await AssertRefusesAsync(account.Client, policy, new(method), path, body);
        using var other = await api.Instance.RegisterAsync("ENTERPRISE");
        using var response = await other.Client.GetAsync("/api/v1/quotas");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_key_is_counted_by_itself_and_neither_with_its_maker_nor_with_another_key()
    {
        using var account = await api.Instance.RegisterAsync("ENTERPRISE");
        var keys = new List<HttpClient>();
        for (var i = 0; i < 2; i++)
        {
            var made = await (await account.Client.PostAsync("/api/v1/api-keys", Responses.Json("""{"name":"k"}"""))).JsonAsync(HttpStatusCode.Created);
            keys.Add(api.Instance.CreateClient());
            keys[i].DefaultRequestHeaders.Authorization = new("Bearer", made.GetProperty("key").GetString());
        }
        await AssertRefusesAsync(account.Client, "essential", HttpMethod.Get, "/api/v1/quotas", null);
        await AssertRefusesAsync(keys[0], "essential", HttpMethod.Get, "/api/v1/quotas", null);
        await (await keys[1].GetAsync("/api/v1/quotas")).JsonAsync(HttpStatusCode.OK);
        keys.ForEach(k => k.Dispose());
    }

    [Fact]
    public async Task Admin_refuses_an_operator()
    {
        using var account = await api.Instance.RegisterAsync();
        using var client = api.Instance.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await account.OperatorAsync(api.Instance.Database.Owner));
        await AssertRefusesAsync(client, "admin", HttpMethod.Put, "/api/admin/prices/nothing/EUR", "{}");
    }

    [Fact]
    public async Task When_the_plan_is_used_up_one_can_still_look_at_quotas_change_the_plan_end_sessions_and_sign_out()
    {
        using var account = await api.Instance.RegisterAsync("BASIC");
        await api.Instance.ExecuteAsync("update plans set requests_per_15_minutes = 3 where plan = 'BASIC'");
        for (var i = 0; i < 3; i++) await (await account.Client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);
        await (await account.Client.GetAsync("/api/v1/tasks")).ProblemAsync(HttpStatusCode.TooManyRequests);

        await (await account.Client.GetAsync("/api/v1/quotas")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync("/api/v1/sessions")).StatusCode);
        await (await account.Client.PostOnceAsync("/api/v1/billing/subscription", "once", """{"plan":"ENTERPRISE","trial":true}"""))
            .JsonAsync(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.PostAsync("/api/v1/auth/logout", null)).StatusCode);
    }

    // The answers below the limit do not matter, as long as it is not the limit that gives them.
    private static async Task AssertRefusesAsync(HttpClient client, string policy, HttpMethod method, string path, string? body)
    {
        // Accounts of all tests register from one address.
        var limit = policy == "auth" ? Registrations : Limit;
        for (var i = 0; i <= limit; i++)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Responses.Json(body) };
            using var response = await client.SendAsync(request);
            if (i < limit)
            {
                Assert.NotEqual(HttpStatusCode.TooManyRequests, response.StatusCode);
                continue;
            }
            var problem = await response.ProblemAsync(HttpStatusCode.TooManyRequests);
            Assert.Equal(policy, problem.GetProperty("violated-policies")[0].GetString());
            Assert.StartsWith($"The limit '{policy}' allows {limit} requests in ",
                problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    public sealed class Api : IAsyncLifetime
    {
        public ApiInstances Instance { get; private set; } = null!;

        public async Task InitializeAsync()
            => Instance = await ApiInstances.StartAsync(1,
            [
                ("RateLimits__Policies__auth__Limit", $"{Registrations}"),
                .. ((string[])["tokens", "api", "public", "strict", "essential", "admin"])
                    .Select(policy => ($"RateLimits__Policies__{policy}__Limit", $"{Limit}")),
            ]);

        public async Task DisposeAsync() => await Instance.DisposeAsync();
    }
}
