using System.Globalization;
using Npgsql;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>
/// What requests, callers and rows cost in processor time, memory and disk: the figures that docs/capacity.md and
/// <c>worker size</c> reckon with.
/// </summary>
internal sealed class Costs : IRow
{
    private const int Callers = 1000, TasksOfEach = 25, Connections = 32;

    public string Name => "costs";

    public string Goal => "the figures that docs/capacity.md reckons with";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        var tokens = await Companies.MakeAsync(database, Callers);
        await Companies.AddTasksAsync(database, TasksOfEach);
        await PostgresServer.ExecuteAsync(database.Owner, "update tasks set due_at = now() + interval '30 days'");
        await PostgresServer.ExecuteAsync(database.Owner, "vacuum analyze tasks");
        await site.Standby.CatchUpAsync();
        await using var api = await site.StartApiAsync(database, 1);

        await using var redis = await site.Redis.ConnectAsync();
        async Task<long> MemoryAsync() => long.Parse((await redis.GetServers().Single().InfoAsync("memory")).Single()
            .Single(p => p.Key == "used_memory").Value, CultureInfo.InvariantCulture);
        var before = await MemoryAsync();
        using (var client = api.CreateClient())
        {
            foreach (var token in tokens)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
                request.Headers.Authorization = new("Bearer", token);
                (await client.SendAsync(request)).EnsureSuccessStatusCode();
            }
        }
        var memory = (await MemoryAsync() - before) / Callers;

        int primary = Leader(database.App), standby = Leader(site.Standby.Of(database.App)), memoryServer = site.Redis.ProcessId;
        using var cached = Requests.Get([.. tokens.Select(t => ("/api/v1/tasks", t))]);
        using var uncached = Requests.Get([.. tokens.Select(t => ("/api/v1/tasks?dueAfter=2026-01-01T00:00:00Z", t))]);
        using var creations = Requests.Post("/api/v1/tasks", tokens, new { title = Accounts.Title(1) });
        List<string> lines = [];
        double bytes = 0;
        foreach (var (what, requests) in new[] { ("cached list", cached), ("list from a standby", uncached), ("creation", creations) })
        {
            var contender = new Contender(what, api.Addresses[0], null, api.ProcessId(0));
            await WarmUp.RunAsync(time => contender.RunAsync(Connections, time, counts: false, requests.Script));
            await PostgresServer.ExecuteAsync(database.Owner, "checkpoint");
            var (disk, p, s, r) = (await DiskAsync(database), Cpu(primary), Cpu(standby), Cpu(memoryServer));
            var result = await contender.RunAsync(Connections, run.Seconds(6, 15), counts: true, requests.Script);
            string Each(double seconds) => $"{seconds * 1e6 / result.Requests:0}";
            lines.Add($"| {what} | {contender.MicrosecondsEach:0} | {Each(Cpu(primary) - p)} | {Each(Cpu(standby) - s)} | {Each(Cpu(memoryServer) - r)} |");
            bytes = (double)(await DiskAsync(database) - disk) / result.Requests;
        }
        return new([], "token, session, tenant and row-level security, three limits, cache, idempotency, audit, telemetry", $"""
            Processor time of one request, in µs, with {Connections} connections of {Callers:N0} companies. What PostgreSQL does in the background is part of it.

            | request | API | primary | standby | Redis |
            |---|---|---|---|---|
            {string.Join('\n', lines)}

            A caller who signed in and has a cached page of {TasksOfEach} tasks takes {memory:N0} bytes of Redis (session, windows of limits, versions, page).
            A creation takes {bytes:N0} bytes on disk: the task, its audit entry, the idempotency record that is kept for a day, and all their indexes.
            """);
    }

    private static async Task<long> DiskAsync(TestDatabase database)
        => long.Parse((await PostgresServer.QueryAsync(database.Owner, "select pg_database_size(current_database())")).Single(), CultureInfo.InvariantCulture);

    private static int Leader(string connectionString) => ProcessTree.Listening(new NpgsqlConnectionStringBuilder(connectionString).Port);

    // Seconds of a server and its children of now. Those that have ended are counted with the server.
    private static double Cpu(int server) => ((int[])[server, .. ProcessTree.Children(server)]).Sum(id =>
    {
        var file = $"/proc/{id}/stat";
        if (!File.Exists(file)) return 0;
        var status = File.ReadAllText(file);
        // Behind the name in brackets, which may have blanks: utime, stime, cutime and cstime are fields 14 to 17, in hundredths.
        return status[(status.LastIndexOf(')') + 2)..].Split(' ')[11..15].Sum(t => long.Parse(t, CultureInfo.InvariantCulture)) / 100.0;
    });
}
