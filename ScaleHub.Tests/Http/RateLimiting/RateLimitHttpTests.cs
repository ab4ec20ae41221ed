using System.Net;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>The real limits, over three instances.</summary>
public sealed class RateLimitHttpTests(RateLimitHttpTests.Api api) : IClassFixture<RateLimitHttpTests.Api>
{
    [Fact]
    public async Task A_company_is_admitted_as_often_as_its_plan_says_exactly_and_told_which_plan_allows_more()
    {
        using var account = await api.Instances.RegisterAsync();
        var responses = await UseUpAsync(account, 500, requests: 2000);
        var refused = responses.Where(r => r.StatusCode != HttpStatusCode.OK).ToList();
        var problem = await refused[0].ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal("https://iana.org/assignments/http-problem-types#quota-exceeded", problem.GetProperty("type").GetString());
        Assert.Equal("plan", problem.GetProperty("violated-policies")[0].GetString());
        Assert.Equal("FREE", problem.GetProperty("plan").GetString());
        Assert.Equal("BASIC", problem.GetProperty("upgradeTo").GetString());
        Assert.StartsWith("The company's plan FREE allows 500 requests in 15 minutes; BASIC allows 2,000. Try again in ",
            problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.All(refused, r =>
        {
            var limits = Limits.Of(r);
            Assert.Equal(0, limits["plan"].Remaining);
            Assert.Equal(limits["plan"].Reset, r.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
            Assert.InRange(limits["plan"].Reset, 800, 909);
            // What the plan refused has not been counted by the others.
            Assert.InRange(limits["user"].Remaining, 500, 1000);
        });
    }

    [Fact]
    public async Task Every_response_says_what_applies_and_how_it_stands()
    {
        using var account = await api.Instances.RegisterAsync("PROFESSIONAL");
        var client = account.Client;
        var expected = 5000;
        foreach (var (send, status) in ((Func<Task<HttpResponseMessage>>, HttpStatusCode)[])[
            (() => client.GetAsync("/api/v1/tasks"), HttpStatusCode.OK),
            (() => client.PostJsonAsync("/api/v1/tasks", new { title = "x" }), HttpStatusCode.Created),
            (() => client.PostAsync("/api/v1/tasks", Responses.Json("{")), HttpStatusCode.BadRequest),
            (() => client.GetAsync($"/api/v1/tasks/{Guid.NewGuid()}"), HttpStatusCode.NotFound)])
        {
            var response = await send();
            Assert.Equal(status, response.StatusCode);
            Assert.Equal("\"plan\";q=5000;w=900, \"user\";q=1000;w=900",
                response.Headers.GetValues("RateLimit-Policy").Single());
            var limits = Limits.Of(response);
            Assert.Equal(["plan", "user"], limits.Keys);
            Assert.Equal(--expected, limits["plan"].Remaining);
            Assert.Equal(expected - 4000, limits["user"].Remaining);
            Assert.InRange(limits["plan"].Reset, 1, 909);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        }
        using var anonymous = api.Instances.CreateClient(1);
        Assert.Equal(["public"], Limits.Of(await anonymous.GetAsync("/nowhere")).Keys);
        Assert.Equal(["public"], Limits.Of(await anonymous.GetAsync("/openapi/v1.json")).Keys);
        Assert.Equal(["api"], Limits.Of(await anonymous.GetAsync("/api/v1/tasks")).Keys);
        Assert.Equal(["plan", "user"], Limits.Of(await client.PutAsync("/api/v1/tasks", null)).Keys);
        Assert.Equal(["public"], Limits.Of(await anonymous.GetAsync("/api/v1/plans")).Keys);
        Assert.Equal(["plan", "user", "strict"], Limits.Of(await client.PostJsonAsync("/api/v1/users", new { })).Keys);
        // Neither others behind the address nor a used-up plan may keep anybody from signing out.
        Assert.Equal(["essential"], Limits.Of(await client.PostAsync("/api/v1/auth/logout", null)).Keys);
        Assert.False((await anonymous.GetAsync("/health/live")).Headers.Contains("RateLimit"));
    }

    [Fact]
    public async Task One_user_cannot_use_up_the_company()
    {
        using var account = await api.Instances.RegisterAsync("BASIC");
        var responses = await UseUpAsync(account, 1000, requests: 1100);
        var problem = await responses.First(r => r.StatusCode != HttpStatusCode.OK).ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Contains("user", problem.GetProperty("violated-policies").EnumerateArray().Select(p => p.GetString()));
        Assert.False(problem.TryGetProperty("upgradeTo", out _));
        using var colleague = await account.ColleagueAsync(api.Instances.Database.Owner);
        var response = await colleague.GetAsync("/api/v1/tasks");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(999, Limits.Of(response)["plan"].Remaining);
    }

    [Fact]
    public async Task A_limit_changes_with_the_plan_on_every_instance_within_a_second()
    {
        using var account = await api.Instances.RegisterAsync("ENTERPRISE");
        // Each instance keeps the plan from here on, for 30 s.
        var clients = api.Instances.Addresses.Select(account.At).ToList();
        foreach (var client in clients) Assert.InRange(await PlansRestAsync(client), 19_000, 20_000);
        await (await account.Client.PutAsync("/api/v1/company/plan", Responses.Json("""{"plan":"FREE"}""")))
            .JsonAsync(HttpStatusCode.OK);
        foreach (var client in clients)
            await Poll.UntilAsync(async () => Assert.InRange(await PlansRestAsync(client), 400, 500), seconds: 1);

        static async Task<double> PlansRestAsync(HttpClient client)
        {
            using var response = await client.GetAsync("/api/v1/tasks");
            return Limits.Of(response)["plan"].Remaining;
        }
    }

    [Fact]
    public async Task Only_who_is_not_signed_in_is_limited_by_address()
    {
        using var account = await api.Instances.RegisterAsync();
        var refused = 0;
        for (var i = 0; i < 60; i++)
        {
            var token = i % 2 == 0 ? account.AccessToken : null;
            var response = await SendAsync("/api/v1/auth/register", $"2001:db8:7:7:{i:x}::1", token, instance: i % 3);
            Assert.Equal(i < 50 ? HttpStatusCode.BadRequest : HttpStatusCode.TooManyRequests, response.StatusCode);
            if (response.StatusCode == HttpStatusCode.TooManyRequests) refused++;
        }
        Assert.Equal(10, refused);
        // Another line, and the same line once signed in, are not concerned.
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync("/api/v1/auth/register", "2001:db8:7:8::1", null)).StatusCode);
        var signedIn = await SendAsync("/api/v1/tasks", "2001:db8:7:7::1", account.AccessToken);
        Assert.Equal(HttpStatusCode.BadRequest, signedIn.StatusCode);

        async Task<HttpResponseMessage> SendAsync(string path, string address, string? token, int instance = 0)
        {
            using var client = api.Instances.CreateClient(instance);
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Responses.Json("{}") };
            request.Headers.Add("X-Forwarded-For", address);
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            return await client.SendAsync(request);
        }
    }

    /// <summary>
    /// Sends requests until exactly so many were admitted. What an instance had reserved and has no use for, since the others were
    /// quicker, is admitted when its part of the window and a second have passed.
    /// </summary>
    private async Task<List<HttpResponseMessage>> UseUpAsync(Account account, int limit, int requests)
    {
        List<HttpResponseMessage> responses = [.. await BurstAsync(account, requests)];
        await Poll.UntilAsync(async () =>
        {
            responses.AddRange(await BurstAsync(account, 30));
            Assert.Equal(limit, responses.Count(r => r.StatusCode == HttpStatusCode.OK));
        }, seconds: 30);
        return responses;
    }

    /// <summary>As many requests as one after the other over 32 connections to each instance.</summary>
    private async Task<HttpResponseMessage[]> BurstAsync(Account account, int requests)
    {
        using var places = new SemaphoreSlim(96);
        var clients = api.Instances.Addresses.Select(account.At).ToList();
        var responses = await Task.WhenAll(Enumerable.Range(0, requests).Select(async i =>
        {
            await places.WaitAsync();
            try
            {
                return await clients[i % clients.Count].GetAsync("/api/v1/tasks?limit=1");
            }
            finally
            {
                places.Release();
            }
        }));
        foreach (var client in clients) client.Dispose();
        return responses;
    }

    public sealed class Api : IAsyncLifetime
    {
        public ApiInstances Instances { get; private set; } = null!;

        public async Task InitializeAsync() => Instances = await ApiInstances.StartAsync(3,
            // A late answer of Redis on a busy machine would make an instance keep what it had reserved.
            ("Redis__TimeoutMs", "5000"));

        public async Task DisposeAsync() => await Instances.DisposeAsync();
    }
}
