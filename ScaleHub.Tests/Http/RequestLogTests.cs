using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http;

/// <summary>A request is found again: the line that an instance prints, the problem and the trace have one id. In
/// Production.</summary>
public sealed class RequestLogTests(RequestLogTests.Instance instance) : IClassFixture<RequestLogTests.Instance>
{
    private readonly ApiProcesses _api = instance.Api;

    [Fact]
    public async Task Each_request_is_one_line_of_JSON_with_status_duration_company_user_and_trace()
    {
        using var account = await _api.RegisterAsync();
        var trace = NewTrace();
        using var response = await SendAsync(account.Client, HttpMethod.Get, "/api/v1/tasks?limit=7", trace);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var line = Assert.Single(await LinesAsync(trace));
        var state = line.GetProperty("State");
        Assert.Equal("Information", line.GetProperty("LogLevel").GetString());
        Assert.Equal("GET", state.GetProperty("Method").GetString());
        Assert.Equal("/api/v1/tasks", state.GetProperty("Path").GetString());
        Assert.Equal(200, state.GetProperty("Status").GetInt32());
        Assert.InRange(state.GetProperty("DurationMs").GetDouble(), 0.001, 60_000);
        Assert.Equal($"{account.CompanyId}", state.GetProperty("CompanyId").GetString());
        Assert.Equal($"{account.UserId}", state.GetProperty("UserId").GetString());
        Assert.DoesNotContain("limit=7", line.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_trace_id_of_a_problem_is_that_of_the_line()
    {
        using var client = _api.CreateClient();
        var problem = await (await client.GetAsync("/api/v1/tasks/%0aGET%20/forged")).ProblemAsync(HttpStatusCode.NotFound, isTraced: true);
        var line = Assert.Single(await LinesAsync(problem.GetProperty("traceId").GetString()!));
        Assert.Equal("/api/v1/tasks/%0AGET%20/forged", line.GetProperty("State").GetProperty("Path").GetString());
    }

    [Fact]
    public async Task While_the_database_is_away_a_request_is_one_line_with_the_reason_and_no_stack()
    {
        await using var own = await ApiProcesses.StartAsync(1);
        using var account = await own.RegisterAsync();
        await own.KillDatabaseAsync();
        var traces = Enumerable.Range(0, 20).Select(_ => NewTrace()).ToList();
        foreach (var trace in traces)
        {
            using var response = await SendAsync(account.Client, HttpMethod.Post, "/api/v1/tasks", trace);
            await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        }
        foreach (var trace in traces)
        {
            var line = Assert.Single(await LinesAsync(trace, own));
            Assert.Equal("Warning", line.GetProperty("LogLevel").GetString());
            Assert.Equal(503, line.GetProperty("State").GetProperty("Status").GetInt32());
            Assert.NotEqual("", line.GetProperty("State").GetProperty("Reason").GetString());
        }
        var stacks = (await own.OutputAsync()).Where(line => line.Contains("   at ", StringComparison.Ordinal));
        Assert.True(!stacks.Any(), string.Join("\n", stacks));
    }

    [Fact]
    public async Task A_console_that_nobody_reads_holds_up_no_request()
    {
        var pipe = Path.Combine(Path.GetTempPath(), $"scalehub-pipe-{Guid.NewGuid():N}");
        using (var make = Process.Start("mkfifo", [pipe])) await make.WaitForExitAsync();
        // Open for both, as opening one end waits for the other. Nobody reads, so the pipe is full after some hundred lines.
        await using var unread = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite);
        await using var own = await ApiProcesses.StartAsync(1, ("INSTANCE_OUTPUT", pipe), ("RateLimits__Scale", "1000"));
        using var client = own.CreateClient();
        // More than the pipe and the queue of the console (2,500 lines) hold.
        await Parallel.ForEachAsync(Enumerable.Range(0, 6_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, ct) =>
        {
            using var response = await client.GetAsync("/api/v1/plans", ct);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        });
        File.Delete(pipe);
    }

    private static string NewTrace() => Guid.NewGuid().ToString("N");

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string trace)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "traceparent", $"00-{trace}-00f067aa0ba902b7-01" } } };
        if (method == HttpMethod.Post) request.Content = Responses.Json("""{"title":"x"}""");
        return await client.SendAsync(request);
    }

    // The console prints a moment after the answer has left.
    private async Task<List<JsonElement>> LinesAsync(string trace, ApiProcesses? instances = null)
    {
        List<JsonElement> lines = [];
        await Poll.UntilAsync(async () =>
        {
            lines = [.. (await (instances?.OutputAsync() ?? _api.OutputAsync())).Where(line => line.Contains(trace, StringComparison.Ordinal))
                .Select(line => JsonDocument.Parse(line).RootElement)];
            Assert.NotEmpty(lines);
        });
        return lines;
    }

    public sealed class Instance : IAsyncLifetime
    {
        public ApiProcesses Api { get; private set; } = null!;

        public async Task InitializeAsync() => Api = await ApiProcesses.StartAsync(1);

        public async Task DisposeAsync() => await Api.DisposeAsync();
    }
}
