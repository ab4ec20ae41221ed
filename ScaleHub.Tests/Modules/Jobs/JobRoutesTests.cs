using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Jobs;

/// <summary>What people see of jobs, and who sees which. The jobs are rows: no worker runs here, so that they stay as they
/// are.</summary>
[Collection(ApiTests.Name)]
public sealed class JobRoutesTests(ApiFixture api)
{
    [Fact]
    public async Task A_job_is_seen_by_who_caused_it_and_by_admins_and_by_nobody_of_another_company()
    {
        using var owner = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var added = await owner.AddAsync("member");
        using var member = Client(added.Access);
        var (mine, owners) = (await AddAsync(owner.CompanyId, added.Id), await AddAsync(owner.CompanyId, owner.UserId));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(member, mine));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(member, owners));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(owner.Client, mine));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(stranger.Client, mine));
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Client.GetAsync($"/api/v1/jobs/{mine}/events")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Client.DeleteAsync($"/api/v1/jobs/{mine}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await member.DeleteAsync($"/api/v1/jobs/{owners}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.GetAsync("/api/v1/jobs")).StatusCode);

        var list = await (await owner.Client.GetAsync("/api/v1/jobs")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(new[] { mine, owners }.Order(), Shown(list));
        Assert.Empty(Shown(await (await stranger.Client.GetAsync("/api/v1/jobs")).JsonAsync(HttpStatusCode.OK)));

        // Besides the mails of the registrations.
        static IEnumerable<Guid> Shown(JsonElement list) => list.GetProperty("items").EnumerateArray()
            .Where(j => j.GetProperty("kind").GetString() == "test.shown").Select(j => j.GetProperty("id").GetGuid()).Order();
    }

    [Fact]
    public async Task A_job_shows_where_it_is_and_never_its_arguments_or_what_went_wrong_inside()
    {
        using var owner = await api.RegisterAsync();
        var job = await AddAsync(owner.CompanyId, owner.UserId, "state = 'dead', attempts = 10, error = 'Npgsql at 10.0.0.1', failure = 'No such patient.'");
        var answer = await owner.Client.GetStringAsync($"/api/v1/jobs/{job}");
        Assert.DoesNotContain("confidential", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1", answer, StringComparison.Ordinal);
        var shown = JsonSerializer.Deserialize<JsonElement>(answer);
        Assert.Equal(("dead", 10, "No such patient."),
            (shown.GetProperty("status").GetString(), shown.GetProperty("attempts").GetInt32(), shown.GetProperty("failure").GetString()));
    }

    [Fact]
    public async Task Cancelling_ends_what_waits_asks_what_runs_to_stop_and_leaves_what_has_ended()
    {
        using var owner = await api.RegisterAsync();
        var (waiting, running) = (await AddAsync(owner.CompanyId, owner.UserId),
            await AddAsync(owner.CompanyId, owner.UserId, "state = 'running', attempts = 1, due_at = now() + interval '1 hour'"));
        foreach (var job in new[] { waiting, running, waiting })
            Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"/api/v1/jobs/{job}")).StatusCode);
        Assert.Equal("cancelled", (await JobAsync(owner.Client, waiting)).GetProperty("status").GetString());
        var asked = await JobAsync(owner.Client, running);
        Assert.Equal(("running", true), (asked.GetProperty("status").GetString(), asked.GetProperty("cancelRequested").GetBoolean()));
    }

    [Theory]
    [InlineData("billing.retry-payment")]
    [InlineData("billing.follow-payment")]
    [InlineData("billing.bill-company")]
    [InlineData("webhooks.deliver")]
    public async Task What_others_depend_on_cannot_be_cancelled(string kind)
    {
        using var owner = await api.RegisterAsync();
        var job = await AddAsync(owner.CompanyId, owner.UserId, $"kind = '{kind}', state = 'scheduled', due_at = now() + interval '1 day'");
        await (await owner.Client.DeleteAsync($"/api/v1/jobs/{job}")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(("scheduled", false), (
            (await JobAsync(owner.Client, job)).GetProperty("status").GetString(), (await JobAsync(owner.Client, job)).GetProperty("cancelRequested").GetBoolean()));
    }

    [Fact]
    public async Task A_stream_tells_each_change_and_ends_with_the_job()
    {
        using var owner = await api.RegisterAsync();
        var job = await AddAsync(owner.CompanyId, owner.UserId);
        using var response = await owner.Client.GetAsync($"/api/v1/jobs/{job}/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var seen = new List<string>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            var state = JsonSerializer.Deserialize<JsonElement>(item.Data);
            seen.Add($"{item.EventType} {state.GetProperty("status").GetString()} {state.GetProperty("progress").GetInt32()}");
            // Each change is made when the one before has been seen.
            await api.ExecuteAsync(seen.Count switch
            {
                1 => $"update jobs set state = 'running', attempts = 1, fence = 1, progress = 10 where id = '{job}'",
                2 => $"update jobs set progress = 60 where id = '{job}'",
                _ => $"""select finish_job('{owner.CompanyId}', '{job}', 1, 'succeeded', '{"{}"}')""",
            });
        }
        Assert.Equal(["job queued 0", "job running 10", "job running 60", "job succeeded 100"], seen);
    }

    [Fact]
    public async Task A_stream_ends_with_the_session_that_asked_for_it()
    {
        using var owner = await api.RegisterAsync();
        var job = await AddAsync(owner.CompanyId, owner.UserId);
        using var response = await owner.Client.GetAsync($"/api/v1/jobs/{job}/events", HttpCompletionOption.ResponseHeadersRead);
        var events = SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.PostAsync("/api/v1/auth/logout", null)).StatusCode);
        await api.ExecuteAsync($"update jobs set progress = 5 where id = '{job}'");
        Assert.False(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        await events.DisposeAsync();
    }

    [Fact]
    public async Task Operators_see_the_queue_and_take_dead_jobs_up_again_and_nobody_else_does()
    {
        using var owner = await api.RegisterAsync();
        using var operators = Client(await owner.OperatorAsync(api.Database.Owner));
        const string Dead = "state = 'dead', attempts = 10, error = 'it broke', kind = 'test.redriven'";
        var jobs = new[] { await AddAsync(owner.CompanyId, owner.UserId, Dead), await AddAsync(owner.CompanyId, owner.UserId, Dead) };
        // A newer one does the same as this one was to do.
        var replaced = await AddAsync(owner.CompanyId, owner.UserId, Dead + ", dedupe_key = 'k'");
        await AddAsync(owner.CompanyId, owner.UserId, "dedupe_key = 'k'");

        foreach (var path in new[] { "/api/admin/jobs", "/api/admin/jobs/dead" })
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.Client.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await owner.Client.PostAsJsonAsync("/api/admin/jobs/redrive", new { kind = "test.redriven" })).StatusCode);

        var summary = await (await operators.GetAsync("/api/admin/jobs")).JsonAsync(HttpStatusCode.OK);
        var row = Assert.Single(summary.GetProperty("items").EnumerateArray(), r => r.GetProperty("kind").GetString() == "test.redriven");
        Assert.Equal(("dead", 3, 3), (row.GetProperty("status").GetString(), row.GetProperty("count").GetInt32(), row.GetProperty("failed").GetInt32()));
        var list = await (await operators.GetAsync("/api/admin/jobs/dead?kind=test.redriven")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(3, list.GetProperty("items").GetArrayLength());
        Assert.All(list.GetProperty("items").EnumerateArray(), j => Assert.Equal("it broke", j.GetProperty("error").GetString()));

        await (await operators.PostAsJsonAsync("/api/admin/jobs/redrive", new { })).ProblemAsync(HttpStatusCode.BadRequest);
        var one = await (await operators.PostAsJsonAsync("/api/admin/jobs/redrive", new { id = jobs[0] })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(1, one.GetProperty("redriven").GetInt32());
        var rest = await (await operators.PostAsJsonAsync("/api/admin/jobs/redrive", new { kind = "test.redriven" })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal((1, false), (rest.GetProperty("redriven").GetInt32(), rest.GetProperty("remaining").GetBoolean()));
        foreach (var job in jobs) Assert.Equal("queued", (await JobAsync(owner.Client, job)).GetProperty("status").GetString());
        Assert.Equal("dead", (await JobAsync(owner.Client, replaced)).GetProperty("status").GetString());
    }

    private HttpClient Client(string token)
    {
        var client = api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, Guid job) => (await client.GetAsync($"/api/v1/jobs/{job}")).StatusCode;

    private static async Task<JsonElement> JobAsync(HttpClient client, Guid job)
        => await (await client.GetAsync($"/api/v1/jobs/{job}")).JsonAsync(HttpStatusCode.OK);

    private async Task<Guid> AddAsync(Guid company, Guid user, string set = "progress = 0")
    {
        var job = Guid.CreateVersion7();
        await api.ExecuteAsync($$"""
            insert into jobs (company_id, id, kind, payload, created_by)
            values ('{{company}}', '{{job}}', 'test.shown', '{"secret": "confidential"}', '{{user}}');
            update jobs set {{set}} where id = '{{job}}';
            """);
        return job;
    }
}
