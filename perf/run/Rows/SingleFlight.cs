using System.Diagnostics;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>Many misses of one key at once, over several instances.</summary>
internal sealed class SingleFlight : IRow
{
    private const int Instances = 3, Misses = 1000;
    private static readonly TimeSpan LoadTakes = TimeSpan.FromMilliseconds(50);

    public string Name => "single-flight";

    public string Goal => "1,000 concurrent misses of one key over three instances: 1 load";

    public async Task<RowResult> RunAsync(Run run)
    {
        var (rounds, most, total, times) = (run.Count(10, 50), 0, 0, new List<double>());
        var site = await run.SiteAsync();
        await using var instances = await CacheInstances.StartAsync(site.Redis, Instances);
        for (var round = 0; round < rounds; round++)
        {
            var (company, loads, clock) = (Guid.NewGuid(), 0, Stopwatch.StartNew());
            await Task.WhenAll(Enumerable.Range(0, Misses).Select(i => Task.Run(() => instances.GetAsync(i % Instances, company, "tasks:list", async () =>
            {
                Interlocked.Increment(ref loads);
                await Task.Delay(LoadTakes);
                return 1;
            }))));
            times.Add(clock.Elapsed.TotalMilliseconds);
            (most, total) = (Math.Max(most, loads), total + loads);
        }
        return new(
            [new("loads of 1,000 concurrent misses", $"{most} at most, {total} in {rounds} rounds", "–", most, Target.AtMost(1, "loads"))],
            "tenant, cache in process and in Redis, single flight over instances",
            $"{Instances} instances of the cache in this process, each with connections of its own to one Redis; {Misses:N0} lookups at once of a key that nobody has, "
            + $"whose load takes {LoadTakes.TotalMilliseconds:0} ms. All {Misses:N0} have their answer after {times.Order().ElementAt(rounds / 2):0} ms (the median of {rounds} rounds).");
    }
}
