using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.System;

/// <summary>What the balancer answers by itself, as no instance sees the request.</summary>
[Collection(GraphCollection.Name)]
public sealed class LoadBalancerTests(GraphFixture graph)
{
    [Fact]
    public async Task A_body_over_a_mebibyte_is_413_from_the_balancer_itself()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var content = Responses.Json($$"""{"title":"x","description":"{{new string('x', 1024 * 1024)}}"}""");
        await (await account.Client.PostAsync("/api/v1/tasks", content)).ProblemAsync(
            HttpStatusCode.RequestEntityTooLarge, isTraced: false);
    }

    [Fact]
    public async Task Without_an_instance_it_answers_with_a_problem_and_when_to_try_again()
    {
        await using var first = await StoppedResource.StopAsync(graph, "api-1");
        await using var second = await StoppedResource.StopAsync(graph, "api-2");
        await using var third = await StoppedResource.StopAsync(graph, "api-3");

        var trace = Guid.NewGuid().ToString("N");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks")
        {
            Headers = { { "traceparent", $"00-{trace}-00f067aa0ba902b7-01" } },
        };
        using var response = await graph.Client.SendAsync(request);

        var problem = await response.ProblemAsync(HttpStatusCode.BadGateway);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);

        // The id leads to the balancer's log, also when the client did not choose it.
        Assert.Equal(trace, problem.GetProperty("traceId").GetString());
        var untraced = await (await graph.Client.GetAsync("/api/v1/tasks")).ProblemAsync(HttpStatusCode.BadGateway);
        await Poll.UntilAsync(async () =>
        {
            var log = await graph.LogAsync("lb");
            Assert.Contains(log, line => line.Contains(trace, StringComparison.Ordinal)
                && line.Contains("\"path\":\"/api/v1/tasks\",\"status\":502", StringComparison.Ordinal));
            Assert.Contains(log, line => line.Contains(untraced.GetProperty("traceId").GetString()!, StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_a_problem()
    {
        using var body = new ByteArrayContent(new byte[11_000_000]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks") { Content = body };
        request.Headers.ExpectContinue = true;

        using var response = await graph.Client.SendAsync(request);

        var problem = await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, isTraced: false);
        Assert.Equal("A body has at most 1 megabyte.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Long_queries_take_no_instance_out()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        for (var i = 0; i < 3; i++)
        {
            await account.CreateTaskAsync("x");
        }

        // As often as it takes for nginx to give all instances up.
        for (var i = 0; i < 12; i++)
        {
            using var response = await account.Client.GetAsync(
                new Uri($"/api/v1/tasks?limit=1&page=2&x={new string('\'', 7_900)}", UriKind.Relative));
            await response.JsonAsync(HttpStatusCode.OK);
            Assert.Equal("</api/v1/tasks?limit=1&page=3>; rel=\"next\", </api/v1/tasks?limit=1&page=1>; rel=\"prev\"",
                response.Headers.GetValues("Link").Single());
        }
    }

    [Fact]
    public async Task Long_headers_take_no_instance_out()
    {
        var text = new string('x', 7_000);
        for (var i = 0; i < 12; i++)
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/v1/tasks")
            {
                Headers =
                {
                    { "Origin", $"https://{text}.example" }, { "Access-Control-Request-Method", "POST" },
                    { "Access-Control-Request-Headers", text },
                },
            };
            using var get = new HttpRequestMessage(HttpMethod.Get, "/api/v1/plans")
            {
                Headers = { { "If-None-Match", $"\"{text}\"" }, { "tracestate", $"a={text[..500]}" } },
            };
            foreach (var request in (HttpRequestMessage[])[preflight, get])
            {
                using var response = await graph.Client.SendAsync(request);
                Assert.True((int)response.StatusCode < 500, $"{request.Method}: {response.StatusCode}");
            }
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: two words\r\n\r\n", 400, "name-bad-request", "The request is not valid HTTP.")]
    [InlineData("NO HTTP\r\n\r\n", 400, "name-bad-request", "The request is not valid HTTP.")]
    [InlineData("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "name-method-not-allowed", "The method is not allowed here.")]
    [InlineData("CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "name-method-not-allowed",
        "The method is not allowed here.")]
    [InlineData("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n", 414, "name-uri-too-long", "The address is too long.")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n", 431, "section-5", "The headers are too long.")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "name-not-implemented",
        "The transfer encoding is not known.")]
    [InlineData("GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505, "name-http-version-not-supported",
        "The version of HTTP is not known: use HTTP/1.1.")]
    public async Task A_problem_says_what_its_status_means(string request, int status, string type, string detail)
    {
        var answer = await SendAsync(request.Replace("{long}", new string('x', 40_000), StringComparison.Ordinal));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/problem+json\r\n", answer, StringComparison.Ordinal);
        using var problem = JsonDocument.Parse(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.EndsWith($"#{type}", problem.RootElement.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(detail, problem.RootElement.GetProperty("detail").GetString());
        // RFC 9110, 15.5.6.
        Assert.Equal(status == 405, answer.Contains("\r\nAllow: GET, ", StringComparison.Ordinal));
    }

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(graph.Address.Host, graph.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // It closes without having read the rest of the request; the answer came before.
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
