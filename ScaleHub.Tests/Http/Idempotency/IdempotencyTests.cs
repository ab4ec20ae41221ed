using System.Net;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Idempotency;

[Collection(GraphCollection.Name)]
public sealed class IdempotencyTests(GraphFixture graph)
{
    private const string Body = """{"name":"Ada"}""";

    [Fact]
    public async Task A_hundred_requests_at_once_with_one_key_over_three_instances_create_one_row_and_all_get_its_answer_or_409()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var instances = graph.Instances.Select(account.At).ToList();
        var answers = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(i => instances[i % 3].PostOnceAsync("/api/v1/patients", "key", Body)));

        var bodies = new HashSet<string>();
        foreach (var answer in answers)
        {
            if (answer.StatusCode == HttpStatusCode.Created) bodies.Add(await answer.Content.ReadAsStringAsync());
            else await InFlightAsync(answer);
        }
        var body = Assert.Single(bodies);
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created && !a.Headers.Contains("Idempotency-Replayed"));
        var late = await instances[1].PostOnceAsync("/api/v1/patients", "key", Body);
        Assert.Equal((HttpStatusCode.Created, body), (late.StatusCode, await late.Content.ReadAsStringAsync()));
        Assert.Equal(["1"], await QueryAsync($"select count(*) from patients where company_id = '{account.CompanyId}'"));
        foreach (var instance in instances) instance.Dispose();
    }

    [Fact]
    public async Task A_hundred_requests_with_one_key_create_one_row_when_the_one_at_work_is_killed_between_claim_and_commit()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var first = account.At(graph.Instances[0]);
        using var second = account.At(graph.Instances[1]);
        await account.CreatePatientAsync("so that there is a counter");

        await using var source = NpgsqlDataSource.Create(await graph.GetConnectionString("pg"));
        await using var blocker = await source.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        var counters = $"select 1 from quota_counters where company_id = '{account.CompanyId}' for update";
        await using (var hold = new NpgsqlCommand(counters, blocker))
            await hold.ExecuteNonQueryAsync();

        // The first claims the key, and then waits for the counter.
        var atWork = first.PostOnceAsync("/api/v1/patients", "key", Body);
        await Poll.UntilAsync(async () => Assert.NotEmpty(await QueryAsync("select 1 from pg_locks where not granted")),
            seconds: 3);
        var others = Task.WhenAll(Enumerable.Range(0, 99).Select(i => second.PostOnceAsync("/api/v1/patients", "key", Body)));
        foreach (var answer in await others) await InFlightAsync(answer);

        await using var killed = await KilledResource.KillAsync(graph, "api-1");
        await Assert.ThrowsAsync<HttpRequestException>(() => atWork);
        await transaction.RollbackAsync();

        var bodies = new HashSet<string>();
        await Poll.UntilAsync(async () =>
        {
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 20)
                .Select(_ => second.PostOnceAsync("/api/v1/patients", "key", Body))))
            {
                Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
                bodies.Add(await answer.Content.ReadAsStringAsync());
            }
        }, seconds: 5);
        Assert.Single(bodies);
        Assert.Equal(["2"], await QueryAsync($"select count(*) from patients where company_id = '{account.CompanyId}'"));
        Assert.Empty(await QueryAsync($"select resource from quota_drift where company_id = '{account.CompanyId}'"));
    }

    [Fact]
    public async Task A_replay_lets_its_client_read_what_the_first_request_wrote_through_another_instance()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var second = account.At(graph.Instances[1]);
        await account.Client.PostOnceAsync("/api/v1/patients", "key", Body);
        await using var late = await Standbys.DelayAsync(graph, TimeSpan.FromSeconds(2));
        var replay = await second.PostOnceAsync("/api/v1/patients", "key", Body);
        Assert.Equal("true", replay.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.NotEmpty(replay.Headers.GetValues("ScaleHub-Consistency"));
        await (await second.GetAsync(replay.Headers.Location)).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_users_of_a_company_and_two_companies_may_use_the_same_key()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var stranger = await Account.RegisterAsync(graph.Address);
        using var colleague = await account.ColleagueAsync(graph);
        foreach (var client in (HttpClient[])[account.Client, colleague, stranger.Client])
        {
            foreach (var (path, body) in ((string, string)[])[("/api/v1/patients", Body), ("/api/v1/tasks", """{"title":"x"}""")])
            {
                var answer = await client.PostOnceAsync(path, "key", body);
                await answer.JsonAsync(HttpStatusCode.Created);
                Assert.False(answer.Headers.Contains("Idempotency-Replayed"));
            }
        }
        await (await account.Client.PostOnceAsync("/api/v1/tasks", "key", """{"title":"y"}"""))
            .ProblemAsync(HttpStatusCode.UnprocessableEntity);
    }

    private static async Task InFlightAsync(HttpResponseMessage answer)
    {
        await answer.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
    }

    private async Task<List<string>> QueryAsync(string sql)
        => await PostgresServer.QueryAsync(await graph.GetConnectionString("pg"), sql);
}
