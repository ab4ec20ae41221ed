using System.Diagnostics;
using System.Text.Json;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>Reads and writes of many companies through the load balancer, at a rate that grows until it does not hold any more.</summary>
internal sealed class WholeGraph : IRow
{
    private const int Instances = 2, Connections = 256, TasksOfEach = 25, Reads = 80;
    private const double Limit = 50;

    // Up to here in steps; then halfway between what held and what did not.
    private static readonly int[] Rates = [100, 250, 500, 1000, 1500, 2000, 3000, 4000, 5000];

    public string Name => "open-loop";

    public string Goal => "5,000 requests/s, 80 % reads, with p95 < 50 ms and no errors";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        var tokens = await Companies.MakeAsync(database, run.Count(500, 2000));
        await Companies.AddTasksAsync(database, TasksOfEach);
        await site.Standby.CatchUpAsync();
        await using var api = await site.StartApiAsync(database, Instances);
        await using var nginx = await NginxServer.StartAsync(api.Addresses);
        var time = run.Seconds(4, 20);
        var made = 0;
        ReadOnlyMemory<byte> Next()
        {
            var token = tokens[Random.Shared.Next(tokens.Count)];
            return Random.Shared.Next(100) < Reads ? HttpConnection.Get(nginx.Address, "/api/v1/tasks", token)
                : HttpConnection.Post(nginx.Address, "/api/v1/tasks", token, $"{Guid.NewGuid()}",
                    JsonSerializer.Serialize(new { title = Accounts.Title(Interlocked.Increment(ref made)) }));
        }
        await RunInAsync(nginx, run.Seconds(12, 25), Next);
        var (held, broke, steps) = ((Rate: 0, Result: (OpenLoopResult?)null), 0, new List<string>());
        foreach (var rate in Rates)
        {
            if (!await HoldsAsync(rate)) break;
        }
        for (var i = 0; broke > 0 && held.Rate > 0 && i < run.Count(0, 2); i++) await HoldsAsync((held.Rate + broke) / 2);
        return new(
            [
                new("open loop, 80 % reads, p95 < 50 ms", held.Result is { } result
                    ? $"{held.Rate:N0}/s hold: p50 {result.At(50):0.0} ms, p95 {result.At(95):0.0} ms, p99 {result.At(99):0.0} ms"
                    : $"not even {Rates[0]}/s hold", "–", held.Rate, Target.AtLeast(5000, "/s")),
            ],
            "token, session, tenant and row-level security, three limits, cache, read-your-writes, idempotency, audit, durable commit",
            $"{Instances} instances behind nginx, PostgreSQL with a standby, Redis, and the load on the same {Environment.ProcessorCount} cores. "
            + $"{Reads} % `GET /api/v1/tasks`, the rest `POST /api/v1/tasks` with an `Idempotency-Key`, each by one of {tokens.Count:N0} companies at random. "
            + $"Open loop: the time of a request counts from the moment that it was due. Steps of {time.TotalSeconds:0} s; a rate holds when p95 is below "
            + $"{Limit:0} ms and nothing fails.\n\n| due/s | answered/s | p50 | p95 | p99 | errors |\n|---|---|---|---|---|---|\n{string.Join('\n', steps)}");

        async Task<bool> HoldsAsync(int rate)
        {
            var result = await StepAsync(nginx, rate, time, Next);
            var errors = string.Join(", ", result.Errors.Select(e => $"{e.Value:N0} × {(e.Key == 0 ? "connection broken" : $"{e.Key}")}"));
            var step = $"| {rate:N0} | {result.PerSecond:N0} | {result.At(50):0.0} ms | {result.At(95):0.0} ms | {result.At(99):0.0} ms "
                + $"| {(errors == "" ? "none" : errors)} |";
            Run.Say(step);
            steps.Add(step);
            var holds = result.At(95) < Limit && result.Errors.Count == 0;
            if (holds) held = (rate, result);
            else broke = rate;
            return holds;
        }
    }

    // For the JIT, and for the caches: in a closed loop, which leaves nothing behind that the first step would have to wait for.
    private static async Task RunInAsync(NginxServer nginx, TimeSpan time, Func<ReadOnlyMemory<byte>> next)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 48).Select(_ => Task.Run(async () =>
        {
            using var connection = await HttpConnection.OpenAsync(nginx.Address);
            while (clock.Elapsed < time) await connection.AskAsync(next());
        })));
    }

    // New connections for each step: a broken one is no fault of the next rate.
    private static async Task<OpenLoopResult> StepAsync(NginxServer nginx, int rate, TimeSpan time, Func<ReadOnlyMemory<byte>> next)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => HttpConnection.OpenAsync(nginx.Address)));
        try
        {
            return await OpenLoop.RunAsync(connections, rate, time, next);
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }
    }
}
