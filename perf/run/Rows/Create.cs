using System.Net.Http.Json;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Pgbench;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>The making of a task, beside pgbench with the statements that the API sends for it.</summary>
internal sealed class Create : IRow
{
    private const int Connections = 32, Recorded = 8;
    private static readonly object Body = new { title = Accounts.Title(1) };
    private static readonly object Webhook = new { url = "https://hooks.example.com/perf", events = new[] { "task.created" } };

    public string Name => "create";

    public string Goal => "at least 0.6 of pgbench's transactions/s with the same statements";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        var tokens = await Companies.MakeAsync(database, Connections);
        var (scripts, statements) = await ScriptsAsync(site, database, tokens);
        var pgbench = new PgBench(database.App, scripts);
        await using var api = await site.StartApiAsync(database, 1);
        var ours = new Contender("ScaleHub", api.Addresses[0], null, api.ProcessId(0));
        var (turns, turn) = (run.Count(2, 5), run.Seconds(3, 8));
        using var requests = Requests.Post("/api/v1/tasks", tokens, Body);
        await WarmUp.RunAsync(time => ours.RunAsync(Connections, time, counts: false, requests.Script));
        for (var i = -1; i < turns; i++)
        {
            // The first turn of pgbench fills the buffers.
            await pgbench.RunAsync(Connections, turn, counts: i >= 0);
            if (i >= 0) await ours.RunAsync(Connections, turn, counts: true, requests.Script);
        }
        return new(
            [
                new("create with idempotency, audit, outbox", $"{ours}", $"pgbench {pgbench.PerSecond:N0}/s", ours.PerSecond / pgbench.PerSecond,
                    Target.AtLeast(0.6)),
            ],
            "token, session, tenant and row-level security, three limits, idempotency, audit, outbox, durable commit, read-your-writes",
            $"`POST /api/v1/tasks` with an `Idempotency-Key` of its own, by {Connections} companies that have a webhook for `task.created`, so that the "
            + "event is written in the transaction (no plan limits the number of tasks, so there is no quota to count). pgbench runs what the API "
            + $"was recorded to send for {Recorded} of the companies, with new identifiers and hashes each time: {statements}. {Connections} connections each, "
            + $"{turns} turns of {turn.TotalSeconds:0} s in alternation. The API takes {ours.MicrosecondsEach:0} µs of processor time for a request.");
    }

    private static async Task<(string[] Scripts, string Statements)> ScriptsAsync(Site site, TestDatabase database, IReadOnlyList<string> tokens)
    {
        await using var recorder = new Recorder(Site.Pooled(database.App));
        await using var api = await site.StartApiAsync(database, 1,
            ("ConnectionStrings__scalehub", recorder.ConnectionString), ("DATABASE_READ_REPLICAS", ""));
        foreach (var token in tokens)
        {
            using var client = Client(api, token);
            (await client.PostAsJsonAsync("/api/v1/webhooks", Webhook)).EnsureSuccessStatusCode();
        }
        List<string> scripts = [];
        var statements = "";
        foreach (var token in tokens.Take(Recorded))
        {
            using var client = Client(api, token);
            // Until whatever is prepared, or known from then on, is.
            for (var i = 0; i < 10; i++) await CreateAsync(client);
            var (first, second) = await recorder.RecordAsync(() => CreateAsync(client));
            scripts.Add(Script.Write(first, second, Script.Growing));
            statements = $"{first.Batches.Sum(b => b.Count)} statements in {first.Batches.Count} round trips";
        }
        return ([.. scripts], statements);
    }

    private static HttpClient Client(ApiProcesses api, string token)
    {
        var client = api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    private static async Task CreateAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks") { Content = JsonContent.Create(Body) };
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}
