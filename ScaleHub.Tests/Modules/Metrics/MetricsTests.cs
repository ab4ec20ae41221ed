using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Http.Metrics;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Metrics;

/// <summary>Two instances of the API, and what they count.</summary>
public sealed class MetricsFixture : IAsyncLifetime
{
    internal ApiInstances Api { get; private set; } = null!;

    public async Task InitializeAsync() => Api = await ApiInstances.StartAsync(2, ("RateLimits__Policies__strict__Limit", "3"));

    public async Task DisposeAsync() => await Api.DisposeAsync();

    /// <summary>Writes what has been counted: the instances do it every ten seconds.</summary>
    internal async Task FlushAsync()
    {
        for (var i = 0; i < 2; i++) await Api.Services(i).GetRequiredService<RequestMetrics>().FlushAsync(CancellationToken.None);
    }
}

public sealed class MetricsTests(MetricsFixture fixture) : IClassFixture<MetricsFixture>
{
    private readonly ApiInstances _api = fixture.Api;

    [Fact]
    public async Task A_company_sees_its_own_requests_to_all_instances_by_endpoint_and_nothing_of_others()
    {
        using var account = await _api.RegisterAsync();
        using var other = await _api.RegisterAsync();
        using var second = account.At(_api.Addresses[1]);
        var id = await account.CreateTaskAsync("one");
        for (var i = 0; i < 5; i++)
        {
            await (await account.Client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);
            await (await second.GetAsync($"/api/v1/tasks/{id}")).JsonAsync(HttpStatusCode.OK);
        }
        await (await second.GetAsync($"/api/v1/tasks/{Guid.NewGuid()}")).ProblemAsync(HttpStatusCode.NotFound);
        await other.CreateTaskAsync("theirs");
        await fixture.FlushAsync();

        var found = await GetAsync(account, "/api/v1/metrics");
        Assert.Equal(12, found.GetProperty("total").GetProperty("requests").GetInt64());
        Assert.Equal(0, found.GetProperty("total").GetProperty("errors").GetInt64());
        Assert.True(found.GetProperty("total").GetProperty("p95Ms").GetDouble() > 0);
        Assert.True(found.GetProperty("total").GetProperty("cacheHitPercent").GetDouble() > 0);
        var endpoints = found.GetProperty("endpoints").EnumerateArray().ToDictionary(
            e => e.GetProperty("endpoint").GetString()!, e => e.GetProperty("figures").GetProperty("requests").GetInt64());
        Assert.Equal((1, 5, 6), (endpoints["POST /api/v1/tasks"], endpoints["GET /api/v1/tasks"], endpoints["GET /api/v1/tasks/{id:guid}"]));
        Assert.Equal(1, found.GetProperty("activeUsers").GetProperty("last15Minutes").GetInt64());
        var point = Assert.Single(found.GetProperty("series").EnumerateArray().ToList().TakeLast(1));
        Assert.Equal("minute", found.GetProperty("step").GetString());
        Assert.True(point.GetProperty("figures").GetProperty("requests").GetInt64() > 0);
        Assert.Equal(1, (await GetAsync(other, "/api/v1/metrics")).GetProperty("total").GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Refused_requests_are_counted_and_say_nothing_of_how_long_the_others_take()
    {
        using var account = await _api.RegisterAsync();
        for (var i = 0; i < 5; i++) (await account.Client.PostJsonAsync("/api/v1/exports", new { list = "none" })).Dispose();
        await fixture.FlushAsync();
        var total = (await GetAsync(account, "/api/v1/metrics")).GetProperty("total");
        Assert.Equal((5, 2), (total.GetProperty("requests").GetInt64(), total.GetProperty("throttled").GetInt64()));
    }

    [Fact]
    public async Task An_operator_sees_every_company_and_the_sum_with_requests_of_nobody()
    {
        using var account = await _api.RegisterAsync();
        using var client = await OperatorAsync(account);
        using var anonymous = _api.CreateClient();
        await fixture.FlushAsync();
        var before = await RequestsAsync(client, "/api/admin/metrics/summary");
        (await anonymous.GetAsync("/no/such/path")).Dispose();
        (await account.Client.GetAsync("/api/v1/tasks")).Dispose();
        await fixture.FlushAsync();

        var summary = await (await client.GetAsync("/api/admin/metrics/summary")).JsonAsync(HttpStatusCode.OK);
        // Two, and the summary before.
        Assert.True(summary.GetProperty("total").GetProperty("requests").GetInt64() >= before + 3);
        Assert.Contains(RequestMetering.NoEndpoint,
            summary.GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("endpoint").GetString()));
        Assert.Equal(1, await RequestsAsync(client, $"/api/admin/metrics/company/{account.CompanyId}"));
        Assert.Equal(0, await RequestsAsync(client, $"/api/admin/metrics/company/{Guid.NewGuid()}"));
    }

    [Fact]
    public async Task Metrics_are_for_admins_and_those_of_all_for_operators()
    {
        using var account = await _api.RegisterAsync();
        using var member = await account.ColleagueAsync(_api.Database.Owner);
        foreach (var path in (string[])["/api/v1/metrics", "/api/v1/metrics/problems"])
            await (await member.GetAsync(path)).ProblemAsync(HttpStatusCode.Forbidden);
        using var nobody = _api.CreateClient();
        foreach (var path in (string[])["metrics/summary", "metrics/companies", "metrics/problems", "metrics/events", "instances",
            $"metrics/company/{account.CompanyId}"])
        {
            await (await account.Client.GetAsync($"/api/admin/{path}")).ProblemAsync(HttpStatusCode.Forbidden);
            await (await nobody.GetAsync($"/api/admin/{path}")).ProblemAsync(HttpStatusCode.Unauthorized);
        }
    }

    [Theory]
    [InlineData("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("from=2999-01-01T00:00:00Z")]
    [InlineData("from=2020-01-01T00:00:00Z&step=minute")]
    [InlineData("from=0001-01-01T00:00:00Z&step=hour")]
    [InlineData("to=0001-01-01T00:00:00Z")]
    [InlineData("step=second")]
    [InlineData("from=yesterday")]
    public async Task A_time_that_is_none_or_has_too_many_points_is_400(string query)
    {
        using var account = await _api.RegisterAsync();
        await (await account.Client.GetAsync($"/api/v1/metrics?{query}")).ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("from=0001-01-01T00:00:00Z&to=0001-01-08T00:00:00Z", "hour")]
    [InlineData("from=2020-01-01T00:00:00Z", "week")]
    [InlineData("to=9999-12-31T23:59:59Z", "minute")]
    public async Task Any_time_can_be_asked_for_and_the_step_fits_it(string query, string step)
    {
        using var account = await _api.RegisterAsync();
        Assert.Equal(step, (await GetAsync(account, $"/api/v1/metrics?{query}")).GetProperty("step").GetString());
    }

    [Fact]
    public void No_two_endpoints_have_one_number()
    {
        var names = _api.Services().GetRequiredService<EndpointDataSource>().Endpoints.Select(EndpointNames.Of).Distinct().ToList();
        Assert.True(names.Count > 100);
        Assert.Equal(names.Count, names.Select(EndpointId.Of).Distinct().Count());
        Assert.All(names, name => Assert.Equal(name, _api.Services().GetRequiredService<EndpointNames>().Find(EndpointId.Of(name))));
    }

    [Fact]
    public async Task An_operator_hears_how_all_of_it_is_every_few_seconds()
    {
        using var account = await _api.RegisterAsync();
        using var client = await OperatorAsync(account);
        using var response = await client.GetAsync("/api/admin/metrics/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var ticks = 0; ticks < 2;)
        {
            var line = await reader.ReadLineAsync();
            if (line is null || !line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            using var tick = JsonDocument.Parse(line["data: ".Length..]);
            Assert.True(tick.RootElement.GetProperty("jobs").GetProperty("oldestSeconds").GetDouble() >= 0);
            ticks++;
        }
    }

    [Fact]
    public async Task The_stream_of_an_operator_ends_with_the_session()
    {
        using var account = await _api.RegisterAsync();
        using var client = await OperatorAsync(account);
        using var response = await client.GetAsync("/api/admin/metrics/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("event: tick", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync("/api/v1/auth/logout", null)).StatusCode);
        await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    private async Task<HttpClient> OperatorAsync(Account account)
    {
        var client = _api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await account.OperatorAsync(_api.Database.Owner));
        return client;
    }

    private static async Task<JsonElement> GetAsync(Account account, string path)
        => await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK);

    private static async Task<long> RequestsAsync(HttpClient client, string path)
        => (await (await client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("total").GetProperty("requests").GetInt64();
}
