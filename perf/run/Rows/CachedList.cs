using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>What the full stack costs on top of Kestrel, for a page that is in the cache.</summary>
internal sealed class CachedList : IRow
{
    private const int Connections = 48, Tasks = 25;

    public string Name => "cached-list";

    public string Goal => "at least 0.5 of bare Kestrel, by processor time and by requests/s";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        await using var api = await site.StartApiAsync(await site.CreateDatabaseAsync(), 1);
        using var account = await Account.RegisterAsync(api.Addresses[0]);
        await account.MakeTasksAsync(Tasks);
        var page = await account.Client.GetByteArrayAsync("/api/v1/tasks");
        await using var bare = await BareServer.StartAsync(page);
        var kestrel = new Contender("Kestrel alone", bare.Address, null, bare.ProcessId);
        var ours = new Contender("ScaleHub", new(api.Addresses[0], "/api/v1/tasks"), account.AccessToken, api.ProcessId(0));
        var (turns, turn) = (run.Count(2, 7), run.Seconds(3, 6));
        // Not pinned yet: the compiler in the background needs a processor as well.
        foreach (var contender in (Contender[])[kestrel, ours])
            await WarmUp.RunAsync(time => contender.RunAsync(Connections, time, counts: false));
        // Redis, PostgreSQL and wrk have the others.
        await Processors.PinAsync(bare.ProcessId, Processors.First);
        await Processors.PinAsync(api.ProcessId(0), Processors.First);
        for (var i = 0; i < turns; i++)
        {
            foreach (var contender in (Contender[])[kestrel, ours])
                await contender.RunAsync(Connections, turn, counts: true, processors: Processors.Others);
        }
        var target = Target.AtLeast(0.5);
        return new(
            [
                new("cached list, processor time of the API", $"{ours.MicrosecondsEach:0} µs a request",
                    $"Kestrel {kestrel.MicrosecondsEach:0} µs", kestrel.MicrosecondsEach / ours.MicrosecondsEach, target),
                new("cached list, requests/s of one core", $"{ours}", $"Kestrel {kestrel}", ours.PerSecond / kestrel.PerSecond, target),
            ],
            "token, session, tenant, three limits, cache, telemetry",
            $"`GET /api/v1/tasks` with {Tasks} tasks ({page.Length:N0} bytes) from the cache, and the same page from an endpoint on Kestrel that "
            + $"serialises it each time. {Connections} connections, {turns} turns of {turn.TotalSeconds:0} s each in alternation, after both have run in; the server that is asked "
            + "has the first processor to itself, and wrk, Redis and PostgreSQL have the others.");
    }
}
