using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.Paging;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Pgbench;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>A list from the standby and not from the cache, beside pgbench with the statements that the API sends for it.</summary>
internal sealed class UncachedList : IRow
{
    private const int Connections = 32, Tasks = 20_000;

    // More than a turn can ask for: a page that comes twice would come from the cache.
    private const int PerSecond = 8_000;

    private static readonly Cursors Cursors = new(new SecretBox(Options.Create(new SecretOptions { Secret = PostgresServer.Secret })));

    public string Name => "uncached-list";

    public string Goal => "at least 0.7 of pgbench's transactions/s with the same statements on the same standby";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-300), DateTimeOffset.UtcNow);
        await using var recorder = new Recorder(Site.Pooled(database.App));
        // Its connections to the primary are listened to: without a standby, it sends there what it would send to one.
        await using var recorded = await site.StartApiAsync(database, 1,
            ("ConnectionStrings__scalehub", recorder.ConnectionString), ("DATABASE_READ_REPLICAS", ""));
        using var account = await Account.RegisterAsync(recorded.Addresses[0]);
        await Companies.AddTasksAsync(database, account.CompanyId, account.UserId, Tasks, from, to);
        await site.Standby.CatchUpAsync();
        // A span of due dates is never cached. Every task is due in it.
        var plain = new Lists(account, "", from, to);
        var due = new Lists(account, "dueAfter=2026-01-01T00:00:00Z", from, to);
        var scripts = (Plain: await ScriptAsync(recorder, account, plain), Due: await ScriptAsync(recorder, account, due));
        await recorded.KillAsync(0);

        await using var api = await site.StartApiAsync(database, 1);
        Measurement[] measurements =
        [
            new("list that is never cached, from a standby", due, new(site.Standby.Of(database.App), scripts.Due), Api("ScaleHub")),
            new("list that misses the cache, from a standby", plain, new(site.Standby.Of(database.App), scripts.Plain), Api("ScaleHub")),
        ];
        var (turns, turn) = (run.Count(2, 4), run.Seconds(3, 8));
        foreach (var measurement in measurements)
        {
            var (before, asked) = (await ReadsAsync(site, database), 0L);
            await WarmUp.RunAsync(async time =>
            {
                var result = await OursAsync(measurement, time, counts: false);
                asked += result.Requests;
                return result;
            });
            var reads = await ReadsAsync(site, database) - before;
            if (reads < 0.8 * asked) throw new RowException($"Of {asked} pages the standby was asked for {reads}.");
        }
        for (var i = -1; i < turns; i++)
        {
            foreach (var measurement in measurements)
            {
                // The first turn of pgbench fills the buffers.
                await measurement.PgBench.RunAsync(Connections, turn, counts: i >= 0);
                if (i >= 0) await OursAsync(measurement, turn, counts: true);
            }
        }
        return new(
            [.. measurements.Select(m => new Figure(m.What, $"{m.Ours}", $"pgbench {m.PgBench.PerSecond:N0}/s", m.Ours.PerSecond / m.PgBench.PerSecond,
                Target.AtLeast(0.7)))],
            "token, session, tenant and row-level security, three limits, read routing",
            $"A page of 25 of {Tasks:N0} tasks behind a cursor that is another one each time. With a span of due dates the list is one that the API never "
            + "caches; without, the API looks for it in process and in Redis, makes sure that no other instance loads it, reads, and keeps it. "
            + "pgbench runs the statements that the API was recorded to send (`set_config` and the query, in one round trip, as the "
            + $"application's role) with random cursors, prepared, on the same standby. {Connections} connections each, {turns} turns of {turn.TotalSeconds:0} s in "
            + $"alternation. The API takes {measurements[0].Ours.MicrosecondsEach:0} µs of processor time for a request, and "
            + $"{measurements[1].Ours.MicrosecondsEach:0} µs with the cache.");

        Contender Api(string name) => new(name, api.Addresses[0], null, api.ProcessId(0));
    }

    private static async Task<WrkResult> OursAsync(Measurement measurement, TimeSpan time, bool counts)
    {
        var lists = measurement.Lists;
        using var requests = Requests.Get(
            [.. Enumerable.Range(0, (int)(time.TotalSeconds * PerSecond)).Select(_ => (lists.Path(), lists.Account.AccessToken))]);
        var result = await measurement.Ours.RunAsync(Connections, time, counts, requests.Script);
        return result.Requests <= requests.Count ? result
            : throw new RowException($"The API answers more than {PerSecond} pages a second, so some were asked for twice.");
    }

    private static async Task<string> ScriptAsync(Recorder recorder, Account account, Lists lists)
    {
        // Until whatever is prepared, or known from then on, is.
        for (var i = 0; i < 20; i++) await AskAsync();
        var (first, second) = await recorder.RecordAsync(AskAsync);
        return Script.Write(first, second, Script.Between(lists.From, lists.To));

        Task<byte[]> AskAsync() => account.Client.GetByteArrayAsync(lists.Path());
    }

    // What the standby has done of this database. Connections report what they have done some seconds later, so not all of it.
    private static async Task<long> ReadsAsync(Site site, TestDatabase database)
    {
        await Task.Delay(1500);
        return long.Parse((await PostgresServer.QueryAsync(
            site.Standby.Of(database.Owner), "select xact_commit from pg_stat_database where datname = current_database()")).Single(), null);
    }

    private sealed record Measurement(string What, Lists Lists, PgBench PgBench, Contender Ours);

    /// <summary>A list of a company, and pages anywhere in it.</summary>
    private sealed record Lists(Account Account, string Filter, DateTimeOffset From, DateTimeOffset To)
    {
        public string Path()
        {
            // As the API names the list that a cursor is bound to.
            string[] parts = [$"{Account.CompanyId}", "/api/v1/tasks", "-id", .. Filter == "" ? (string[])[] : [Filter.Replace(":", "%3A")]];
            var last = Guid.CreateVersion7(From + ((To - From) * Random.Shared.NextDouble()));
            return $"/api/v1/tasks?{(Filter == "" ? "" : $"{Filter}&")}cursor={Cursors.Write(string.Join('\n', parts), last)}";
        }
    }
}
