using System.Net;
using System.Net.Http.Headers;
using ScaleHub.Tests.Support;
using ScaleHub.Tests.System;

namespace ScaleHub.Tests.Http;

[Collection(GraphCollection.Name)]
public sealed class ErrorsTests(GraphFixture graph)
{
    [Theory]
    [InlineData("""{"title":""", "$.title")]
    [InlineData("""[]""", "JSON")]
    [InlineData("""{}""", "'title'")]
    [InlineData("""{"title":null}""", "$.title")]
    [InlineData("""{"title":7}""", "$.title")]
    [InlineData("""{"title":"x","status":"never"}""", "$.status")]
    [InlineData("""{"title":"x","status":1}""", "$.status")]
    [InlineData("""{"title":"x","dueAt":"tomorrow"}""", "$.dueAt")]
    [InlineData("""{"title":"lone \ud800 surrogate"}""", "$.title")]
    [InlineData("", "JSON body")]
    public async Task A_body_that_cannot_be_read_is_400_and_says_where(string body, string expected)
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var problem = await (await account.Client.PostAsync("/api/v1/tasks", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains(expected, problem.GetProperty("detail").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nowhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/tasks/not-an-id", HttpStatusCode.NotFound)]
    [InlineData("PUT", "/api/v1/tasks", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/api/v1/tasks?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/api/v1/tasks?limit=101", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/api/v1/tasks?limit=many", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/api/v1/tasks?limit=99999999999", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/api/v1/tasks?status=1", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/api/v1/tasks?cursor=%00", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/api/v1/tasks?cursor=AAAA", HttpStatusCode.BadRequest)]
    public async Task Every_error_is_a_problem_whatever_the_client_accepts(string method, string path, HttpStatusCode expected)
    {
        using var account = await Account.RegisterAsync(graph.Address);
        foreach (var accept in (string[])["application/json", "text/html", "image/png"])
        {
            using var request = new HttpRequestMessage(new(method), path);
            request.Headers.Accept.ParseAdd(accept);
            await (await account.Client.SendAsync(request)).ProblemAsync(expected);
        }
    }

    [Fact]
    public async Task Another_media_type_than_json_is_415()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var content = new StringContent("title=x", new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        await (await account.Client.PostAsync("/api/v1/tasks", content)).ProblemAsync(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task A_body_over_a_mebibyte_is_413()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var content = Responses.Json($$"""{"title":"x","description":"{{new string('x', 1024 * 1024)}}"}""");
        await (await account.Client.PostAsync("/api/v1/tasks", content)).ProblemAsync(
            HttpStatusCode.RequestEntityTooLarge, isTraced: false);

        // An instance by itself answers before the body is sent, to a client that waits for that.
        using var instance = account.At(graph.Instances[0]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks");
        request.Content = Responses.Json($$"""{"title":"x","description":"{{new string('x', 1024 * 1024)}}"}""");
        request.Headers.ExpectContinue = true;
        await (await instance.SendAsync(request)).ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData(null, "Bearer")]
    [InlineData("Bearer x", "Bearer error=\"invalid_token\"")]
    [InlineData("Bearer a.b.c", "Bearer error=\"invalid_token\"")]
    [InlineData("Basic dXNlcjpwYXNz", "Bearer")]
    public async Task Without_a_valid_token_it_is_401_with_a_challenge(string? authorization, string challenge)
    {
        using var client = graph.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        var response = await client.SendAsync(request);
        await response.ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal(challenge, response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Every_response_has_the_security_headers()
    {
        using var client = graph.CreateClient();
        foreach (var path in (string[])["/api/v1/tasks", "/nowhere", "/health/live", "/openapi/v1.json", "/docs/index.html"])
        {
            var response = await client.GetAsync(path);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", response.Headers.GetValues("X-Frame-Options").Single());
            Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("X-Powered-By"));
        }
    }
}
