using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.Testing;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.RateLimiting;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http;

/// <summary>
/// What no client sends by mistake: never a 5xx, never a hanging connection, and a problem wherever there is a body.
/// </summary>
[Collection(GraphCollection.Name)]
public sealed class HostileInputTests(GraphFixture graph)
{
    private static readonly string[] Requests =
    [
        "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/tasks/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/tasks/%c0%af%c0%af HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/tasks?status=%00 HTTP/1.1\r\nHost: x\r\n{auth}\r\n",
        "GET /api/v1/tasks?status=%ff%fe HTTP/1.1\r\nHost: x\r\n{auth}\r\n",
        "GET /api/v1/tasks?cursor=%e0%80%80 HTTP/1.1\r\nHost: x\r\n{auth}\r\n",
        "GET /api/v1/tasks?limit=1&limit=2 HTTP/1.1\r\nHost: x\r\n{auth}\r\n",
        "GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://other.example/api/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/tasks?status={long} HTTP/1.1\r\nHost: x\r\n{auth}\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{headers}\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \u0001\u0002\r\n\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a.b.c\r\nAuthorization: Bearer d.e.f\r\n\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nScaleHub-Consistency: zzz\r\n{auth}\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: not-an-address, ::::\r\nX-Forwarded-Host: \"><script>\r\n\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\n\r\n",
        "GET /api/v1/tasks HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "BREW /api/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n",
        "TRACE /api/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n",
        "GET /api/v1/tasks HTTP/9.9\r\nHost: x\r\n\r\n",
        "nonsense\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "{post}\r\nContent-Length: 2\r\n\r\n\0\0",
        "{post}\r\nContent-Length: 20\r\n\r\n{\"title\":\"a\\u0000b\"}",
        "{post}; charset=klingon\r\nContent-Length: 2\r\n\r\n{}",
        "{untyped}Content-Type: ;;;\r\nContent-Length: 2\r\n\r\n{}",
        "{untyped}Content-Length: 2\r\n\r\n{}",
        "{post}\r\nContent-Length: -1\r\n\r\n{}",
        "{post}\r\nContent-Length: 99999999999\r\n\r\n{}",
        "{post}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "{post}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\n{}\r\n0\r\n\r\n",
        "{post}\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        "{post}\r\nContent-Length: 4000\r\n\r\n{deep}",
        "PATCH /api/v1/tasks/00000000-0000-0000-0000-000000000000 HTTP/1.1\r\nHost: x\r\n{auth}Content-Type: application/json\r\n"
            + "Content-Length: 4\r\n\r\nnull",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    ];

    [Theory]
    [InlineData("lb")]
    [InlineData("api-1")]
    public async Task No_input_makes_a_5xx_or_hangs(string resource)
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var port = graph.App.GetEndpoint(resource, "http").Port;
        List<string> wrong = [];
        foreach (var request in Requests)
        {
            var text = request.Replace("{post}", "{untyped}Content-Type: application/json", StringComparison.Ordinal)
                .Replace("{untyped}", "POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}", StringComparison.Ordinal)
                .Replace("{auth}", $"Authorization: Bearer {account.AccessToken}\r\n", StringComparison.Ordinal)
                .Replace("{long}", new string('x', 40_000), StringComparison.Ordinal)
                .Replace("{deep}", new string('[', 4000), StringComparison.Ordinal)
                .Replace("{headers}", Headers(500), StringComparison.Ordinal);
            var answer = await SendAsync(port, text);
            var shown = $"{request.ReplaceLineEndings(" ")} -> {(answer.Length > 200 ? answer[..200] : answer)}";
            // Nothing at all is the answer to what is no HTTP.
            if (answer.Length == 0) continue;
            var spoken = answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal);
            // 501 and 505 are the client's doing, though they are counted as the server's.
            var status = spoken ? int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;
            if (status is < 200 or (>= 500 and not 501 and not 505)) wrong.Add(shown);
            if (answer.Contains("<html>", StringComparison.OrdinalIgnoreCase)) wrong.Add($"HTML: {shown}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public async Task An_address_that_a_client_claims_does_not_pass_the_balancer()
    {
        using var client = graph.CreateClient();
        long? before = null;
        for (var i = 0; i < 5; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
            request.Headers.Add("X-Forwarded-For", $"198.51.100.{i}");
            // By address, over all instances: each claim has the same limit, and it counts down.
            var remaining = Limits.Of(await client.SendAsync(request))["api"].Remaining;
            Assert.True(before is null || remaining < before, $"{remaining} after {before}");
            before = remaining;
        }
    }

    private static string Headers(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: x\r\n"));

    private static async Task<string> SendAsync(int port, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, deadline.Token);
        using var stream = new NetworkStream(socket);
        var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), deadline.Token);
            // No more to come: who waits for the rest of a body gives up.
            socket.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            // The server has had enough and closed; what it said before is what counts.
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
