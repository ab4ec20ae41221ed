using ScaleHub.Perf.Jobs;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>The queue of jobs by itself; perf/jobs compares it with another one.</summary>
internal sealed class Jobs : IRow
{
    public string Name => "jobs";

    public string Goal => "at least 2,000 empty jobs/s; p95 from adding a job to its start < 100 ms";

    public async Task<RowResult> RunAsync(Run run)
    {
        var (turns, count) = (run.Count(2, 5), run.Count(6_000, 12_000));
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        await using var client = await PlatformHost.StartAsync(database);
        var ours = new Ours(database, client);
        var (rates, waits) = (new List<double>(), new List<double>());
        for (var turn = 0; turn <= turns; turn++)
        {
            await JobMeasures.AddAsync(ours.AddEmptyAsync, count);
            var rate = await JobMeasures.DrainAsync(ours, count);
            var latency = await JobMeasures.LatencyAsync(ours, run.Count(200, 500));
            // The first turn is for the JIT.
            if (turn == 0) continue;
            rates.Add(rate);
            waits.AddRange(latency);
        }
        return new(
            [
                new("empty jobs", $"{rates.Average():N0}/s ({rates.Min():N0} to {rates.Max():N0})", "–", rates.Average(), Target.AtLeast(2000, "/s")),
                new("adding a job to its start, p95", $"p50 {JobMeasures.At(waits, 0.5):0.0} ms, p99 {JobMeasures.At(waits, 0.99):0.0} ms", "–",
                    JobMeasures.At(waits, 0.95), Target.AtMost(100, "ms")),
            ],
            "durable commit, tenant and row-level security, leases with fences, fair turns of companies",
            $"{count:N0} empty jobs of 40 companies a turn, {turns} turns; one worker with {JobMeasures.Slots} jobs at a time empties the queue. Then single jobs: the "
            + "time from asking for one until it begins, its commit included.");
    }
}
