using System.Diagnostics;

namespace ScaleHub.Perf.Jobs;

/// <summary>What is measured of a queue.</summary>
internal static class JobMeasures
{
    /// <summary>Jobs of a worker at a time, and tasks that add jobs.</summary>
    public const int Slots = 16, Adders = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Adds jobs from several sides; jobs per second.</summary>
    public static async Task<double> AddAsync(Func<Guid, Task> add, int count)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Adders).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < count / Adders; i++) await add(Guid.NewGuid());
        })));
        return count / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Lets a worker do what was added; jobs per second.</summary>
    public static async Task<double> DrainAsync(IContender contender, int count)
    {
        Seen.Reset();
        count = count / Adders * Adders;
        var clock = Stopwatch.StartNew();
        await using var worker = await contender.StartWorkerAsync(Slots);
        // From the first job on: starting a worker is not what is measured.
        while (Seen.Done == 0) await Task.Delay(1);
        var (begun, before) = (clock.Elapsed, Seen.Done);
        // One that comes back from a server that stopped is waited for, and is not in the rate.
        while (Seen.Done < count * 99 / 100) await Task.Delay(1);
        var rate = (Seen.Done - before) / (clock.Elapsed - begun).TotalSeconds;
        while (Seen.Done < count && clock.Elapsed < begun + Patience) await Task.Delay(100);
        if (Seen.Done < count)
        {
            Console.Error.WriteLine($"  {contender.Name}: {count - Seen.Done} of {count} jobs not done after {Patience.TotalSeconds:0} s");
        }
        return rate;
    }

    /// <summary>Adds jobs one after the other; milliseconds until each began.</summary>
    public static async Task<List<double>> LatencyAsync(IContender contender, int count)
    {
        Seen.Reset();
        await using var worker = await contender.StartWorkerAsync(Slots);
        var added = new List<(Guid Id, long At)>();
        for (var i = 0; i < count; i++)
        {
            var id = Guid.NewGuid();
            // From the moment that it is asked for: the commit counts.
            added.Add((id, Stopwatch.GetTimestamp()));
            await contender.AddEmptyAsync(id);
            await Task.Delay(5);
        }
        while (Seen.Done < count) await Task.Delay(5);
        return [.. added.Select(a => Stopwatch.GetElapsedTime(a.At, Seen.BegunAt(a.Id)!.Value).TotalMilliseconds)];
    }

    /// <summary>A percentile, from 0 to 1.</summary>
    public static double At(List<double> values, double percentile)
    {
        var sorted = values.Order().ToList();
        return sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * percentile)];
    }
}
