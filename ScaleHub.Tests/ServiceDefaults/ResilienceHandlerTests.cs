using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ScaleHub.Tests.ServiceDefaults;

public sealed class ResilienceHandlerTests
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

    [Fact]
    public async Task A_put_is_retried_with_the_same_body()
    {
        await using var server = await FlakyServer.StartAsync(failures: 1);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(server, HttpMethod.Put, new StringContent("hello")));
        Assert.Equal(["hello", "hello"], server.Bodies);
    }

    [Fact]
    public async Task A_post_is_never_retried()
    {
        await using var server = await FlakyServer.StartAsync(failures: 1);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(server, HttpMethod.Post, new StringContent("pay")));
        Assert.Equal(1, server.Calls);
    }

    [Fact]
    public async Task A_streamed_body_is_sent_once_since_it_cannot_be_sent_again()
    {
        await using var server = await FlakyServer.StartAsync(failures: 1);
        using var stream = new MemoryStream([1, 2, 3]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(server, HttpMethod.Put, new StreamContent(stream)));
        Assert.Equal(1, server.Calls);
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
    public async Task A_server_that_does_not_answer_ends_in_the_time_out_that_http_client_callers_know()
    {
        await using var server = await FlakyServer.StartAsync(failures: 0, silent: true);
        var error = await Assert.ThrowsAsync<TaskCanceledException>(() => SendAsync(server, HttpMethod.Get,
            settings: new() { ["OutgoingHttp:AttemptTimeoutSeconds"] = "0.1", ["OutgoingHttp:Retries"] = "1" }));
        Assert.IsType<TimeoutException>(error.InnerException);
        Assert.Equal(2, server.Calls);
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_left_alone()
    {
        await using var server = await FlakyServer.StartAsync(failures: 100);
        var settings = new Dictionary<string, string?>
        {
            ["OutgoingHttp:BreakerMinimumAttempts"] = "2",
            ["OutgoingHttp:Retries"] = "9",
        };
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(server, HttpMethod.Get, settings: settings));
        Assert.Equal(2, server.Calls);
    }

    private static async Task<HttpStatusCode> SendAsync(
        FlakyServer server, HttpMethod method, HttpContent? content = null, Dictionary<string, string?>? settings = null)
    {
        await using var app = await TestApp.StartAsync(new(settings ?? []) { ["OutgoingHttp:RetryDelayMs"] = "5" });
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
