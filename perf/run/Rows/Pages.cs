using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.Paging;
using ScaleHub.Perf.Run.Pgbench;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>What depth and size cost a page.</summary>
internal sealed class Pages : IRow
{
    private const int Companies = 1000, SmallRows = 100_000, DeepPage = 10_000, PageSize = 25, Warm = 30;
    private static readonly DateTimeOffset First = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string Name => "pages";

    public string Goal => "page 10,000 by cursor at most 1.2 × the first; a table of 10,000,000 rows at most 1.5 × one of 100,000";

    public async Task<RowResult> RunAsync(Run run)
    {
        var rows = run.Count(1_000_000, 10_000_000);
        var site = await run.SiteAsync();
        // Of its own, without a standby and without waiting for the disk: only reads are measured.
        var postgres = new PostgresServer { Settings = ["max_connections=300", "max_wal_size=16GB", "maintenance_work_mem=512MB"] };
        await postgres.InitializeAsync();
        try
        {
            var (small, large) = (await postgres.CreateDatabaseAsync(), await postgres.CreateDatabaseAsync());
            await Servers.Companies.MakeAsync(small, Companies);
            var tokens = await Servers.Companies.MakeAsync(large, Companies);
            // The first company is a large one: it has a page 10,000.
            var ofFirst = DeepPage * PageSize + 50_000;
            await FillAsync(small, SmallRows / 3, SmallRows);
            await FillAsync(large, ofFirst, rows);
            Run.Say($"made {rows:N0} rows");
            var deepest = First.AddSeconds(ofFirst - (DeepPage * PageSize));
            var (firstPage, anyPage, deepPage) = await ScriptsAsync(site, postgres, large, tokens, deepest);
            var deep = await RatioAsync(run, new(large.App, firstPage), new(large.App, deepPage));
            var size = await RatioAsync(run, new(small.App, anyPage), new(large.App, anyPage));
            return new(
                [
                    new("page 10,000 by cursor, beside page 1", $"p50 {deep.Of:0.000} ms", $"page 1: {deep.To:0.000} ms", deep.Of / deep.To, Target.AtMost(1.2, "×")),
                    new($"{rows:N0} rows beside {SmallRows:N0}", $"p50 {size.Of:0.000} ms", $"{size.To:0.000} ms", size.Of / size.To, Target.AtMost(1.5, "×")),
                ],
                "tenant and row-level security",
                $"The statements that the API was recorded to send for a page of {PageSize} tasks, run by one client of pgbench as the application's role, prepared; in "
                + $"alternation, the median of all transactions. Depth: a company with {ofFirst:N0} tasks, its first page and pages about {DeepPage:N0} pages deep by cursor. "
                + $"Size: the first page of any of {Companies:N0} companies in a table of {SmallRows:N0} rows and in one of {rows:N0}.");
        }
        finally
        {
            await postgres.DisposeAsync();
        }
    }

    // One task a second. Constraints hold by the way in which they are made, and indexes are built once, as a restore does it.
    private static async Task FillAsync(TestDatabase database, int ofFirst, int rows)
    {
        var indexes = await PostgresServer.QueryAsync(
            database.Owner, "select indexdef from pg_indexes where tablename = 'tasks' and indexname <> 'tasks_pkey'");
        var drop = await PostgresServer.QueryAsync(
            database.Owner, "select 'drop index ' || indexname from pg_indexes where tablename = 'tasks' and indexname <> 'tasks_pkey'");
        var others = (rows - ofFirst) / (Companies - 1);
        await ExecuteAsync(database, $"""
            set session_replication_role = replica;
            {string.Join(";\n", drop)};
            insert into tasks (company_id, id, title, created_by, assignee_id)
                select u.company_id, (lpad(to_hex({First.ToUnixTimeMilliseconds()} + i * 1000), 12, '0') || '7000' || '8' || substr(md5(i::text), 1, 15))::uuid,
                    'Call supplier ' || i || ' about the delivery that is late', u.id, u.id
                from users u, lateral generate_series(1::bigint, case when u.company_id = {Servers.Companies.IdOf("1")} then {ofFirst} else {others} end) i
                where u.email like 'owner-%';
            {string.Join(";\n", indexes)}
            """);
        await ExecuteAsync(database, "vacuum analyze tasks");
    }

    // Ten million rows take longer than a statement usually may.
    private static async Task ExecuteAsync(TestDatabase database, string sql)
        => await PostgresServer.ExecuteAsync($"{database.Owner};Command Timeout=1200", sql);

    private static async Task<(string FirstPage, string AnyPage, string DeepPage)> ScriptsAsync(
        Site site, PostgresServer postgres, TestDatabase database, IReadOnlyList<string> tokens, DateTimeOffset deepest)
    {
        await site.EmptyRedisAsync();
        await using var recorder = new Recorder(Site.Pooled(database.App));
        await using var api = await ApiProcesses.StartAsync(postgres, site.Redis, database, 1, ("ConnectionStrings__scalehub", recorder.ConnectionString),
            ("RateLimits__Scale", "1000000"));
        using var client = api.CreateClient();
        var (cursors, next) = (new Cursors(new SecretBox(Options.Create(new SecretOptions { Secret = PostgresServer.Secret }))), 0);
        // Their sessions and plans are known then. Another list, as pages are recorded that nobody has asked for.
        foreach (var token in tokens.Take(Warm)) await AskAsync("/api/v1/tasks?status=done", token);
        // Every first page is another company's, and so in no cache; the first company's pages are told apart by their cursors.
        var first = await recorder.RecordAsync(() => AskAsync("/api/v1/tasks", tokens[++next]));
        var list = $"00000000-0000-4000-8000-000000000001\n/api/v1/tasks\n-id";
        var deep = await recorder.RecordAsync(() => AskAsync($"/api/v1/tasks?cursor={cursors.Write(list, Guid.CreateVersion7(deepest.AddSeconds(++next)))}", tokens[0]));
        return (Script.Write(first.First, first.Second, Script.AnyOf(1, 1)), Script.Write(first.First, first.Second, Script.AnyOf(2, Companies)),
            Script.Write(deep.First, deep.Second, Script.Between(deepest, deepest.AddMinutes(30))));

        async Task AskAsync(string path, string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new("Bearer", token);
            using var answer = await client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
        }
    }

    private static async Task<(double Of, double To)> RatioAsync(Run run, PgBench to, PgBench of)
    {
        var (toTimes, ofTimes) = (new List<double>(), new List<double>());
        for (var turn = -1; turn < run.Count(2, 4); turn++)
        {
            var (one, other) = (await to.TimesAsync(run.Seconds(1, 3)), await of.TimesAsync(run.Seconds(1, 3)));
            // The first turn fills the buffers.
            if (turn < 0) continue;
            toTimes.AddRange(one);
            ofTimes.AddRange(other);
        }
        return (Median(ofTimes), Median(toTimes));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
