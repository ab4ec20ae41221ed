using System.Net;
using System.Net.Sockets;
using System.Text;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.System;

/// <summary>What the balancer answers by itself, as no instance sees the request.</summary>
[Collection(GraphCollection.Name)]
public sealed class LoadBalancerTests(GraphFixture graph)
{
    [Fact]
    public async Task Without_an_instance_it_answers_with_a_problem_and_when_to_try_again()
    {
        await using var first = await StoppedResource.StopAsync(graph, "api-1");
        await using var second = await StoppedResource.StopAsync(graph, "api-2");
        await using var third = await StoppedResource.StopAsync(graph, "api-3");

        using var response = await graph.Client.GetAsync(new Uri("/api/v1/tasks", UriKind.Relative));

        await response.ProblemAsync(HttpStatusCode.BadGateway, isTraced: false);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_a_problem()
    {
        using var body = new ByteArrayContent(new byte[11_000_000]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks") { Content = body };
        request.Headers.ExpectContinue = true;

        using var response = await graph.Client.SendAsync(request);

        await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, isTraced: false);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: two words\r\n\r\n")]
    [InlineData("NO HTTP\r\n\r\n")]
    public async Task What_is_no_http_is_a_problem(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(graph.Address.Host, graph.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);

        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("\"status\":400", answer, StringComparison.Ordinal);
    }
}
