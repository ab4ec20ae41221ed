using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http;

/// <summary>What an instance tells in Production; who may ask for what is in AccessTests.</summary>
[Collection(ApiTests.Name)]
public sealed class ProductionTests(ApiFixture api)
{
    [Fact]
    public async Task An_answer_says_nothing_of_nodes_caches_and_programs()
    {
        using var account = await api.RegisterAsync();
        for (var i = 0; i < 2; i++)
        {
            using var response = await account.Client.GetAsync("/api/v1/tasks");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            foreach (var header in (string[])["ScaleHub-Read-From", "Cache-Status", "Server", "X-Powered-By"])
                Assert.False(response.Headers.Contains(header), header);
        }
    }

    [Fact]
    public async Task Errors_are_problems_without_a_word_about_the_inside()
    {
        using var account = await api.RegisterAsync();
        await (await account.Client.PostAsync("/api/v1/tasks", Responses.Json("{"))).ProblemAsync(HttpStatusCode.BadRequest);
        await (await account.Client.GetAsync("/nowhere")).ProblemAsync(HttpStatusCode.NotFound);
        // What no handler foresees: a defect that only a broken database shows.
        await api.ExecuteAsync("alter table tasks rename to tasks_away");
        try
        {
            var problem = await (await account.Client.GetAsync("/api/v1/tasks?limit=7")).ProblemAsync(HttpStatusCode.InternalServerError);
            Assert.DoesNotContain("tasks", problem.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            await api.ExecuteAsync("alter table tasks_away rename to tasks");
        }
    }

    [Fact]
    public async Task The_page_to_try_the_API_and_its_document_are_public()
    {
        using var client = api.CreateClient();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/docs/index.html")).StatusCode);
        var document = await (await client.GetAsync("/openapi/v1.json")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal("ScaleHub", document.GetProperty("info").GetProperty("title").GetString());
    }

    [Fact]
    public async Task Browsers_are_told_to_stay_with_TLS_when_a_trusted_proxy_says_that_they_use_it()
    {
        using var client = api.CreateClient();
        Assert.Equal(["max-age=31536000"], (await AskAsync("https")).Headers.GetValues("Strict-Transport-Security"));
        Assert.False((await AskAsync("http")).Headers.Contains("Strict-Transport-Security"));

        await using var distrustful = await ApiInstances.StartAsync(1, ("ForwardedHeaders__TrustLoopback", "false"));
        using var other = distrustful.CreateClient();
        Assert.False((await AskAsync("https", other)).Headers.Contains("Strict-Transport-Security"));

        async Task<HttpResponseMessage> AskAsync(string scheme, HttpClient? by = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/plans") { Headers = { { "X-Forwarded-Proto", scheme } } };
            return await (by ?? client).SendAsync(request);
        }
    }

    [Fact]
    public async Task Health_of_servers_is_for_operators_alone_and_probes_are_for_everybody()
    {
        using var account = await api.RegisterAsync();
        using var anonymous = api.CreateClient();
        foreach (var path in (string[])["/api/health/database", "/api/health/cache"])
        {
            await (await anonymous.GetAsync(path)).ProblemAsync(HttpStatusCode.Unauthorized);
            await (await account.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.Forbidden);
            await (await anonymous.SendAsync(await account.OperatorAsync(api.Database.Owner), path)).JsonAsync(HttpStatusCode.OK);
        }
        foreach (var path in (string[])["/health/live", "/health/ready"])
            await (await anonymous.GetAsync(path)).JsonAsync(HttpStatusCode.OK);
    }
}
