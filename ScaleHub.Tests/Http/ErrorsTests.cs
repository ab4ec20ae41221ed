using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http;

[Collection(ApiTests.Name)]
public sealed class ErrorsTests(ApiFixture api)
{
    [Theory]
    [InlineData("""{"title":""", "$.title")]
    [InlineData("""{,}""", "The body is not valid JSON (line 1).")]
    [InlineData("""[]""", "The body must be a JSON object.")]
    [InlineData("\"x\"", "The body must be a JSON object.")]
    [InlineData("""1""", "The body must be a JSON object.")]
    [InlineData("""{}""", "'title'")]
    [InlineData("""{"title":null}""", "$.title")]
    [InlineData("""{"title":7}""", "$.title")]
    [InlineData("""{"title":"x","status":"never"}""", "$.status (line 1) is not valid: use one of todo, ")]
    [InlineData("""{"title":"x","status":1}""", "$.status")]
    [InlineData("""{"title":"x","dueAt":"tomorrow"}""", "$.dueAt")]
    [InlineData("""{"title":"lone \ud800 surrogate"}""", "$.title")]
    [InlineData("", "JSON body")]
    public async Task A_body_that_cannot_be_read_is_400_and_says_where(string body, string expected)
    {
        using var account = await Account.RegisterAsync(api.Address);
        var problem = await (await account.Client.PostAsync("/api/v1/tasks", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains(expected, problem.GetProperty("detail").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nowhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "/openapi/v2.json", HttpStatusCode.NotFound)]
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
        using var account = await Account.RegisterAsync(api.Address);
        foreach (var accept in (string[])["application/json", "text/html", "image/png"])
        {
            using var request = new HttpRequestMessage(new(method), path);
            request.Headers.Accept.ParseAdd(accept);
            await (await account.Client.SendAsync(request)).ProblemAsync(expected);
        }
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    public async Task Another_media_type_than_json_is_415(string mediaType)
    {
        using var account = await Account.RegisterAsync(api.Address);
        using var content = new StringContent("title=x", new MediaTypeHeaderValue(mediaType));
        var response = await account.Client.PostAsync("/api/v1/tasks", content);
        var problem = await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType);
        Assert.Equal("The body must be application/json.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Too_small_a_role_is_403_and_says_so()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var response = await account.Client.PutAsync("/api/admin/prices/x/EUR", Responses.Json("{}"));
        var problem = await response.ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal("Your role does not allow this.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_status_has_one_type_wherever_it_comes_from()
    {
        using var client = api.CreateClient();
        var fromMiddleware = await (await client.GetAsync("/api/v1/tasks")).ProblemAsync(HttpStatusCode.Unauthorized);
        var login = await client.PostJsonAsync("/api/v1/auth/login", new { email = Account.NewEmail(), password = "wrong" });
        var fromHandler = await login.ProblemAsync(HttpStatusCode.Unauthorized);
        foreach (var problem in (JsonElement[])[fromMiddleware, fromHandler])
            Assert.Equal("https://www.rfc-editor.org/rfc/rfc9110#name-unauthorized", problem.GetProperty("type").GetString());
        Assert.Equal("The request needs a valid access token.", fromMiddleware.GetProperty("detail").GetString());
        Assert.Equal("E-mail address or password is wrong.", fromHandler.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_header_that_is_not_UTF_8_does_not_matter_where_it_is_not_read_and_else_is_a_problem()
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 };
        using var client = new HttpClient(handler) { BaseAddress = api.Address };
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Own", "caf\u00e9");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer caf\u00e9");
        await (await client.GetAsync("/api/v1/tasks")).ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_body_over_a_mebibyte_is_413()
    {
        using var account = await Account.RegisterAsync(api.Address);
        // The answer comes before the body is sent, to a client that waits for that.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks");
        request.Content = Responses.Json($$"""{"title":"x","description":"{{new string('x', 1024 * 1024)}}"}""");
        request.Headers.ExpectContinue = true;
        var problem = await (await account.Client.SendAsync(request)).ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("A body has at most 1 megabyte.", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData(null, "Bearer")]
    [InlineData("Bearer x", "Bearer error=\"invalid_token\"")]
    [InlineData("Bearer a.b.c", "Bearer error=\"invalid_token\"")]
    [InlineData("Basic dXNlcjpwYXNz", "Bearer")]
    public async Task Without_a_valid_token_it_is_401_with_a_challenge(string? authorization, string challenge)
    {
        using var client = api.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        var response = await client.SendAsync(request);
        await response.ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal(challenge, response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Every_response_has_the_security_headers()
    {
        using var client = api.CreateClient();
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
