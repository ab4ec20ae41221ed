using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.Paging;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Pgbench;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>A list that is in no cache, from the standby, beside pgbench with the statements that the API sends for it.</summary>
internal sealed class UncachedList : IRow
{
    private const int Connections = 32, Tasks = 20_000;

    // More than a turn can ask for: a page that comes twice would come from the cache.
    private const int PerSecond = 8_000;

    public string Name => "uncached-list";

    public string Goal => "at least 0.7 of pgbench's transactions/s with the same statements on the same standby";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        await using var recorder = new Recorder(Site.Pooled(database.App));
        // Its connections to the primary are listened to: without a standby, it sends there what it would send to one.
        await using var recorded = await site.StartApiAsync(database, 1,
            ("ConnectionStrings__scalehub", recorder.ConnectionString), ("DATABASE_READ_REPLICAS", ""));
        using var account = await Account.RegisterAsync(recorded.Addresses[0]);
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-300), DateTimeOffset.UtcNow);
        await Companies.AddTasksAsync(database, account.CompanyId, account.UserId, Tasks, from, to);
        await site.Standby.CatchUpAsync();
        var cursors = new Cursors(new SecretBox(Options.Create(new SecretOptions { Secret = PostgresServer.Secret })));
        var list = $"{account.CompanyId}\n/api/v1/tasks\n-id";
        string Path() => $"/api/v1/tasks?cursor={cursors.Write(list, Guid.CreateVersion7(from + ((to - from) * Random.Shared.NextDouble())))}";
        Task AskAsync() => account.Client.GetByteArrayAsync(Path());
        // Until whatever is prepared, or known from then on, is.
        for (var i = 0; i < 20; i++) await AskAsync();
        var (first, second) = await recorder.RecordAsync(AskAsync);
        await recorded.KillAsync(0);

        await using var api = await site.StartApiAsync(database, 1);
        var pgbench = new PgBench(site.Standby.Of(database.App), Script.Write(first, second, Script.Between(from, to)));
        var ours = new Contender("ScaleHub", api.Addresses[0], null, api.ProcessId(0));
        var (turns, turn) = (run.Count(2, 5), run.Seconds(3, 8));
        for (var i = -1; i < turns; i++)
        {
            await pgbench.RunAsync(Connections, turn, counts: i >= 0);
            using var requests = Requests.Get(
                [.. Enumerable.Range(0, (int)(turn.TotalSeconds * PerSecond)).Select(_ => (Path(), account.AccessToken))]);
            var before = i < 0 ? await ReadsAsync(site, database) : 0;
            var result = await ours.RunAsync(Connections, turn, counts: i >= 0, requests.Script);
            var reads = i < 0 ? await ReadsAsync(site, database) - before : result.Requests;
            if (result.Requests > requests.Count || reads < 0.8 * result.Requests)
                throw new RowException($"Of {result.Requests} pages the standby was asked for {reads}.");
        }
        return new(
            [
                new("list without the cache, from a standby", $"{ours}", $"pgbench {pgbench.PerSecond:N0}/s", ours.PerSecond / pgbench.PerSecond,
                    Target.AtLeast(0.7)),
            ],
            "token, session, tenant and row-level security, three limits, read routing, cache (always a miss)",
            $"A page of 25 of {Tasks:N0} tasks behind a cursor that is another one each time, so that the API asks Redis, reads from the standby and "
            + "keeps the page each time. pgbench runs the statements that the API was recorded to send (`set_config` and the query, in one "
            + $"round trip, as the application's role) with random cursors, prepared, on the same standby. {Connections} connections each, {turns} turns of "
            + $"{turn.TotalSeconds:0} s in alternation. The API takes {ours.MicrosecondsEach:0} µs of processor time for a request.");
    }

    // What the standby has done of this database. Connections report what they have done some seconds later, so not all of it.
    private static async Task<long> ReadsAsync(Site site, TestDatabase database)
    {
        await Task.Delay(1500);
        return long.Parse((await PostgresServer.QueryAsync(
            site.Standby.Of(database.Owner), "select xact_commit from pg_stat_database where datname = current_database()")).Single(), null);
    }
}
