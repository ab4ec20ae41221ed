using System.Diagnostics;
using System.Net;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Http.RateLimiting;

namespace ScaleHub.Tests.Http;

/// <summary>One instance with few places, short windows, an origin of CORS, and no proxy before it.</summary>
public sealed class EdgeTests(EdgeTests.Api api) : IClassFixture<EdgeTests.Api>
{
    private const string Origin = "https://app.example";
    private const int Concurrency = 2, Queue = 1;

    [Fact]
    public async Task More_than_places_and_queue_hold_is_turned_away_at_once_while_signing_in_and_out_and_health_answer()
    {
        using var account = await api.Instance.RegisterAsync("ENTERPRISE");
        using var leaving = await api.Instance.RegisterAsync();
        using var metrics = new Measurements(api.Instance.Services(), "ScaleHub.Overload");
        await using var owner = NpgsqlDataSource.Create(api.Instance.Database.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var locking = new NpgsqlCommand("lock table patients in access exclusive mode", connection, transaction))
            await locking.ExecuteNonQueryAsync();

        var requests = Enumerable.Range(0, 10).Select(_ => account.Client.GetAsync("/api/v1/patients")).ToList();
        var shed = new List<HttpResponseMessage>();
        foreach (var _ in Enumerable.Range(0, 10 - Concurrency - Queue))
        {
            var first = await Task.WhenAny(requests);
            requests.Remove(first);
            shed.Add(await first);
        }
        foreach (var response in shed)
        {
            await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter!.Delta);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        }
        Assert.All(requests, r => Assert.False(r.IsCompleted));
        using var client = api.Instance.CreateClient();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        var credentials = new { email = "nobody@company.example", password = "not the password" };
        await (await client.PostJsonAsync("/api/v1/auth/login", credentials)).ProblemAsync(HttpStatusCode.Unauthorized);
        using var left = await leaving.Client.PostAsync("/api/v1/auth/logout", null);
        Assert.Equal(HttpStatusCode.NoContent, left.StatusCode);
        Assert.Equal(10 - Concurrency - Queue, metrics.Sums("scalehub.overload.shed")[""]);
        Assert.Equal(Concurrency, metrics.Shown("scalehub.overload.in_use")[""]);
        Assert.Equal(Queue, metrics.Shown("scalehub.overload.queued")[""]);

        await transaction.RollbackAsync();
        foreach (var response in await Task.WhenAll(requests)) Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await account.Client.GetAsync("/api/v1/patients")).StatusCode);
    }

    [Fact]
    public async Task Pages_and_their_files_come_with_the_program_whatever_folder_and_environment_it_starts_in()
    {
        using var client = api.Instance.CreateClient();
        var page = await client.AskAsync(CachingSupport.Page);
        Assert.Contains("script-src 'self'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("text/html; charset=utf-8", page.Header("Content-Type"));
        foreach (var file in await client.AssetsAsync())
        {
            using var response = await client.AskAsync(file);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
            Assert.Equal("public, max-age=31536000, immutable", response.Header("Cache-Control"));
        }
    }

    [Fact]
    public async Task A_client_that_obeys_sees_no_second_429()
    {
        using var client = api.Instance.CreateClient();
        var clock = Stopwatch.StartNew();
        var (sent, refused) = (0, 0);
        TimeSpan? wait = null;
        // On a busy machine it takes longer to spend the limit even once.
        while (clock.Elapsed < TimeSpan.FromSeconds(10) || (refused == 0 && clock.Elapsed < TimeSpan.FromMinutes(1)))
        {
            if (wait is { } time) await UntilAsync(clock, clock.Elapsed + time);
            using var response = await client.GetAsync("/openapi/v1.json");
            sent++;
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                refused++;
                wait = response.Headers.RetryAfter!.Delta;
                continue;
            }
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var (remaining, reset) = Limits.Of(response)["public"];
            // The first time it does not look; from then on it obeys.
            wait = remaining > 0 || refused == 0 ? null : TimeSpan.FromSeconds(reset);
        }
        Assert.Equal(1, refused);
        Assert.True(sent > 8, $"{sent}");

        // To the moment that it was told, and not before.
        static Task UntilAsync(Stopwatch clock, TimeSpan moment) => Poll.UntilAsync(() => clock.Elapsed >= moment, seconds: 60);
    }

    [Fact]
    public async Task What_a_stranger_says_of_where_it_comes_from_is_not_believed()
    {
        using var client = api.Instance.CreateClient();
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{i}");
            using var other = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
            var first = Limits.Of(await client.SendAsync(request))["api"].Remaining;
            Assert.Equal(first - 1, Limits.Of(await client.SendAsync(other))["api"].Remaining);
        }
    }

    [Fact]
    public async Task A_page_of_a_known_origin_may_call_and_read_errors_and_another_may_not()
    {
        using var client = api.Instance.CreateClient();
        var preflight = await SendAsync(HttpMethod.Options, Origin, ("Access-Control-Request-Method", "PATCH"),
            ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key"));
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Origin, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("PATCH", preflight.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Credentials"));

        var answer = await SendAsync(HttpMethod.Get, Origin);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(Origin, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        var exposed = answer.Headers.GetValues("Access-Control-Expose-Headers").Single();
        Assert.Contains("RateLimit", exposed, StringComparison.Ordinal);
        Assert.False((await SendAsync(HttpMethod.Get, "https://other.example")).Headers.Contains("Access-Control-Allow-Origin"));

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string origin, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, "/api/v1/tasks");
            request.Headers.Add("Origin", origin);
            foreach (var (name, value) in headers) request.Headers.Add(name, value);
            return await client.SendAsync(request);
        }
    }

    [Fact]
    public async Task Streams_have_places_of_their_own_and_take_none_of_those_for_requests()
    {
        using var account = await api.Instance.RegisterAsync();
        var job = (await (await account.Client.GetAsync("/api/v1/jobs")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")[0].GetProperty("id").GetGuid();
        var events = $"/api/v1/jobs/{job}/events";
        var first = await account.Client.GetAsync(events, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        // There is one place.
        await (await account.Client.GetAsync(events, HttpCompletionOption.ResponseHeadersRead)).ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, (await account.Client.GetAsync("/api/v1/company")).StatusCode);

        first.Dispose();
        await Poll.UntilAsync(async () =>
        {
            using var next = await account.Client.GetAsync(events, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        });
    }

    public sealed class Api : IAsyncLifetime
    {
        public ApiInstances Instance { get; private set; } = null!;

        public async Task InitializeAsync() => Instance = await ApiInstances.StartAsync(1,
            ("Overload__Concurrency", $"{Concurrency}"), ("Overload__Queue", $"{Queue}"), ("Overload__Reserve", "1"), ("Overload__Streams", "1"),
            ("RateLimits__Policies__public__Limit", "5"), ("RateLimits__Policies__public__WindowSeconds", "2"),
            ("Cors__Origins__0", Origin), ("ForwardedHeaders__TrustLoopback", "false"), ("Redis__TimeoutMs", "5000"));

        public async Task DisposeAsync() => await Instance.DisposeAsync();
    }
}
