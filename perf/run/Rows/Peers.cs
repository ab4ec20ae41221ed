using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>The cached list beside the same on Express and Hono.</summary>
internal sealed class Peers : IRow
{
    private const int Connections = 64, Tasks = 25, Page = 20;

    public string Name => "peers";

    public string Goal => "at least 10 × Express and 8 × Hono";

    public async Task<RowResult> RunAsync(Run run)
    {
        if (await NodePeer.MissingAsync() is { } missing) return RowResult.LeftOut(missing);
        var site = await run.SiteAsync();
        var (database, peers) = (await site.CreateDatabaseAsync(), await site.Postgres.CreateDatabaseAsync(migrated: false));
        await using var api = await site.StartApiAsync(database, 1);
        using var account = await Account.RegisterAsync(api.Addresses[0]);
        await account.MakeTasksAsync(Tasks);
        var token = await NodePeer.SeedAsync(peers, site.Redis, Tasks);
        await using var express = await NodePeer.StartAsync("express.mjs", peers, site.Redis);
        await using var hono = await NodePeer.StartAsync("hono.mjs", peers, site.Redis);
        Contender[] contenders =
        [
            new("ScaleHub", new(api.Addresses[0], $"/api/v1/tasks?limit={Page}"), account.AccessToken),
            new("Express", new(express.Address, $"/tasks?limit={Page}"), token),
            new("Hono", new(hono.Address, $"/tasks?limit={Page}"), token),
        ];
        var (turns, turn) = (run.Count(2, 5), run.Seconds(3, 8));
        foreach (var contender in contenders) await WarmUp.RunAsync(time => contender.RunAsync(Connections, time, counts: false));
        for (var i = 0; i < turns; i++)
            foreach (var contender in contenders) await contender.RunAsync(Connections, turn, counts: true);
        var ours = contenders[0];
        return new(
            [
                new("cached list beside Express", $"{ours}", $"{contenders[1].Name} {contenders[1]}", ours.PerSecond / contenders[1].PerSecond,
                    Target.AtLeast(10)),
                new("cached list beside Hono", $"{ours}", $"{contenders[2].Name} {contenders[2]}", ours.PerSecond / contenders[2].PerSecond,
                    Target.AtLeast(8)),
            ],
            "token, session, tenant, limits, cache; of the peers the same, as perf/peers says",
            $"A page of {Page} tasks from the cache, {Connections} connections, {turns} turns of {turn.TotalSeconds:0} s each in alternation. One instance of the "
            + $"API, and {Environment.ProcessorCount} processes of each peer; all may use all processors, which wrk, Redis and PostgreSQL share.");
    }
}
