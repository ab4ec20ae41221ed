using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace ScaleHub.Tests.ServiceDefaults;

public sealed class OutgoingHttpTests
{
    [Fact]
    public async Task A_get_is_retried_until_the_server_recovers()
    {
        await using var server = await FlakyServer.StartAsync(failures: 2);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(server, HttpMethod.Get));
        Assert.Equal(3, server.Calls);
    }

    [Fact]
    public async Task A_get_gives_up_after_the_configured_retries_with_the_last_answer()
    {
        await using var server = await FlakyServer.StartAsync(failures: 100);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(server, HttpMethod.Get));
        Assert.Equal(4, server.Calls);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task What_changes_something_is_never_sent_again(string method)
    {
        await using var server = await FlakyServer.StartAsync(failures: 1);
        var answer = await SendAsync(server, new(method), new StringContent("pay"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1), (answer, server.Calls));
    }

    [Fact]
    public async Task Retry_after_is_waited_for()
    {
        await using var server = await FlakyServer.StartAsync(failures: 1, retryAfterSeconds: 1);
        var start = Stopwatch.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, await SendAsync(server, HttpMethod.Get));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.95, 10);
    }

    [Fact]
    public async Task A_retry_after_beyond_the_total_time_out_gives_the_answer_at_once()
    {
        await using var server = await FlakyServer.StartAsync(failures: 1, retryAfterSeconds: 3600);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(server, HttpMethod.Get));
        Assert.Equal(1, server.Calls);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_costs_no_more_than_the_total_time_out()
    {
        await using var server = await FlakyServer.StartAsync(failures: 0, silent: true);
        var start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<TimeoutRejectedException>(() => SendAsync(server, HttpMethod.Get, configure: options =>
        {
            options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(1);
            options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(0.3);
            options.Retry.MaxRetryAttempts = 100;
        }));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.95, 10);
        Assert.InRange(server.Calls, 2, 4);
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_left_alone()
    {
        await using var server = await FlakyServer.StartAsync(failures: 100);
        await Assert.ThrowsAsync<BrokenCircuitException>(() => SendAsync(server, HttpMethod.Get, configure: options =>
        {
            options.CircuitBreaker.MinimumThroughput = 2;
            options.Retry.MaxRetryAttempts = 9;
        }));
        Assert.Equal(2, server.Calls);
    }

    [Fact]
    public async Task A_service_is_found_by_its_name()
    {
        await using var server = await FlakyServer.StartAsync(failures: 0);
        await using var app = await TestApp.StartAsync(new() { ["services:cards:http:0"] = server.Address.ToString() });
        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        using var response = await client.GetAsync(new Uri("http://cards/"));
        Assert.Equal((HttpStatusCode.OK, 1), (response.StatusCode, server.Calls));
    }

    private static async Task<HttpStatusCode> SendAsync(FlakyServer server, HttpMethod method, HttpContent? content = null,
        Action<HttpStandardResilienceOptions>? configure = null)
    {
        void Configure(HttpStandardResilienceOptions options)
        {
            options.Retry.Delay = TimeSpan.FromMilliseconds(5);
            configure?.Invoke(options);
        }
        await using var app = await TestApp.StartAsync(
            configure: builder => builder.Services.ConfigureAll<HttpStandardResilienceOptions>(Configure));
        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        using var request = new HttpRequestMessage(method, server.Address) { Content = content };
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Answers 503 a number of times, then 200.</summary>
    private sealed class FlakyServer(WebApplication app, List<string> bodies) : IAsyncDisposable
    {
        public Uri Address => app.Address();
        public int Calls => bodies.Count;
        public IReadOnlyList<string> Bodies => bodies;

        public static async Task<FlakyServer> StartAsync(int failures, int? retryAfterSeconds = null, bool silent = false)
        {
            List<string> bodies = [];
            return new(await TestApp.StartServerAsync(async http =>
            {
                using var reader = new StreamReader(http.Request.Body);
                bodies.Add(await reader.ReadToEndAsync());
                if (silent) await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
                if (bodies.Count > failures) return;
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                if (retryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = $"{seconds}";
            }), bodies);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
