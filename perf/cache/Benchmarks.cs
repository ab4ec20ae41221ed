using System.Diagnostics;

namespace ScaleHub.Perf.Cache;

/// <summary>
/// What lookups and invalidations cost. Contenders take turns in every round, so that whatever else the machine does happens to
/// all; a figure is the median of the rounds, a ratio the median of the rounds' ratios.
/// </summary>
internal sealed class Benchmarks(bool quick)
{
    private readonly int _rounds = quick ? 3 : 9;
    private readonly List<World> _worlds = [];

    public async Task RunAsync()
    {
        foreach (var contender in Contender.All) _worlds.Add(await World.StartAsync(contender));
        // Until the compiler has nothing left to improve.
        for (var i = 0; i < 8; i++)
        {
            foreach (var world in _worlds) _ = (Hit(world), HitTyped(world));
            await Task.Delay(150);
        }
        Report.Head("benchmark", "ours / guide, tuned");
        await MeasureAsync("hit in memory, bytes as they are answered, ns", w => Task.FromResult(Hit(w).Nanoseconds));
        await MeasureAsync("  allocates, bytes", w => Task.FromResult(Hit(w).Allocated));
        await MeasureAsync("hit in memory, as an object, ns", w => Task.FromResult(HitTyped(w)));
        await MeasureAsync("hit in Redis, µs", SharedHitAsync);
        await MeasureAsync("miss, with a load that takes no time, µs", MissAsync);
        foreach (var (kind, remove) in Removals)
        {
            var seen = _worlds.ToDictionary(w => w, _ => new List<double>());
            await MeasureAsync($"invalidation by {kind}: the call, µs", w => InvalidateAsync(w, remove, seen[w]), quick ? 1 : 5);
            Write("  until the others serve the new value, p50, µs", [.. _worlds.Select(w => At(seen[w], 0.5))]);
            Write("  until the others serve the new value, p99, µs", [.. _worlds.Select(w => At(seen[w], 0.99))]);
        }
        var loads = _worlds.ToDictionary(w => w, _ => 0);
        await MeasureAsync("1,000 concurrent misses on three instances, load 50 ms: ms", w => StampedeAsync(w, loads));
        Write("  loads, the most of a round", [.. _worlds.Select(w => (double)loads[w])]);
        await MeasureAsync("300 hot keys on three instances: Redis commands a second", HotAsync, 1);
        await MeasureAsync("  loads a minute", w => Task.FromResult(w.HotLoads));
        foreach (var world in _worlds) await world.DisposeAsync();
        await MemoryAsync();
    }

    private static (string, Func<World, Guid, Task>)[] Removals =>
    [
        ("key", (w, company) => w.Instances[0].RemoveKeyAsync(company, World.Key)),
        ("tag", (w, company) => w.Instances[0].RemoveTagAsync(company)),
        ("company", (w, company) => w.Instances[0].RemoveCompanyAsync(company)),
    ];

    private async Task MeasureAsync(string what, Func<World, Task<double>> measure, int? rounds = null)
    {
        var results = _worlds.ToDictionary(w => w, _ => new List<double>());
        // The first two are for the compiler, which works in the background.
        for (var round = -1; round <= (rounds ?? _rounds); round++)
        {
            // Nobody is always first.
            foreach (var i in Enumerable.Range(0, _worlds.Count).Select(i => (i + round + 1) % _worlds.Count))
            {
                var result = await measure(_worlds[i]);
                if (round > 0) results[_worlds[i]].Add(result);
            }
            if (round <= 0) await Task.Delay(200);
        }
        var ours = results[_worlds[0]];
        var ratios = _worlds.Skip(1).Select(w => At([.. results[w].Select((other, i) => ours[i] / other)], 0.5));
        Report.Line(what, results.Values.Select(r => Format(At(r, 0.5))), string.Join(", ", ratios.Select(r => $"{r:0.00}")));
    }

    private static void Write(string what, double[] values)
        => Report.Line(what, values.Select(Format), string.Join(", ", values.Skip(1).Select(v => $"{values[0] / v:0.00}")));

    private static string Format(double value) => value >= 100 ? $"{value:#,0}" : $"{value:0.0}";

    private static double At(List<double> values, double share) => values.Order().ElementAt((int)((values.Count - 1) * share));

    private static (double Nanoseconds, double Allocated) Hit(World world)
        => Repeat(world.Hot ??= world.Instances[0].Prepare(world.Company, "tasks:bench:bytes", world.LoadAsync));

    private static double HitTyped(World world)
        => Repeat(world.HotTyped ??= world.Instances[0].PrepareTyped(
            world.Company, "tasks:bench:typed", () => Task.FromResult(TaskPage.Make(1)))).Nanoseconds;

    private static (double Nanoseconds, double Allocated) Repeat<T>(Func<ValueTask<T>> lookup)
    {
        const int Times = 30_000;
        for (var i = 0; i < 1000; i++) lookup().AsTask().GetAwaiter().GetResult();
        var (allocated, began) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        for (var i = 0; i < Times; i++)
        {
            var answer = lookup();
            if (answer.IsCompletedSuccessfully) _ = answer.Result;
            else answer.AsTask().GetAwaiter().GetResult();
        }
        return (Stopwatch.GetElapsedTime(began).TotalNanoseconds / Times,
            (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Times);
    }

    private static async Task<double> SharedHitAsync(World world)
    {
        const int Keys = 100;
        var prefix = $"tasks:{Guid.NewGuid():N}";
        for (var i = 0; i < Keys; i++) await world.GetAsync(0, $"{prefix}:{i}");
        // Some of it is written to Redis in the background.
        await Task.Delay(100);
        var loads = world.Loads;
        var took = await TimesAsync(world, 1, prefix, Keys);
        return world.Loads == loads ? took : throw new InvalidOperationException("What an instance loaded, another loads again.");
    }

    private static Task<double> MissAsync(World world) => TimesAsync(world, 2, $"tasks:{Guid.NewGuid():N}", 100);

    private static async Task<double> TimesAsync(World world, int instance, string prefix, int keys)
    {
        var took = new List<double>(keys);
        var lookups = Enumerable.Range(0, keys).Select(i => world.Instances[instance].Prepare(world.Company, $"{prefix}:{i}", world.LoadAsync)).ToList();
        foreach (var lookup in lookups)
        {
            var began = Stopwatch.GetTimestamp();
            await lookup();
            took.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }
        return At(took, 0.5);
    }

    /// <summary>The call's time; until both other instances serve the new value goes into <paramref name="seen"/>.</summary>
    private async Task<double> InvalidateAsync(World world, Func<World, Guid, Task> remove, List<double> seen)
    {
        var calls = new List<double>();
        for (var i = 0; i < (quick ? 4 : 20); i++)
        {
            for (var instance = 0; instance < 3; instance++)
                if (await world.UntilAsync(instance, world.Truth, TimeSpan.FromSeconds(5)) is null) throw new InvalidOperationException("Not warm.");
            var next = ++world.Truth;
            var others = Enumerable.Range(1, 2).Select(o => Task.Run(() => world.UntilAsync(o, next, TimeSpan.FromSeconds(5)))).ToArray();
            var began = Stopwatch.GetTimestamp();
            await remove(world, world.Company);
            calls.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            foreach (var other in await Task.WhenAll(others)) seen.Add((other ?? 5000) * 1000);
        }
        return At(calls, 0.5);
    }

    private static async Task<double> StampedeAsync(World world, Dictionary<World, int> loads)
    {
        var (key, before) = ($"tasks:{Guid.NewGuid():N}", world.Loads);
        world.LoadTakes = TimeSpan.FromMilliseconds(50);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(() => world.GetAsync(i % 3, key))));
        world.LoadTakes = default;
        loads[world] = Math.Max(loads[world], world.Loads - before);
        return clock.Elapsed.TotalMilliseconds;
    }

    /// <summary>What keeps hot entries current costs: each key is asked for every 20 ms on every instance.</summary>
    private async Task<double> HotAsync(World world)
    {
        var lookups = world.HotKeys ??= [.. Enumerable.Range(0, 900).Select(i => world.Instances[i % 3].Prepare(
            world.Company, $"tasks:hot:{i / 3}", world.LoadAsync))];
        foreach (var lookup in lookups) await lookup();
        var (commands, loads, clock) = (await world.Redis.CommandsAsync(), world.Loads, Stopwatch.StartNew());
        while (clock.Elapsed < TimeSpan.FromSeconds(quick ? 1 : 3))
        {
            foreach (var lookup in lookups) await lookup();
            await Task.Delay(20);
        }
        var seconds = clock.Elapsed.TotalSeconds;
        world.HotLoads = (world.Loads - loads) * 60 / seconds;
        return (await world.Redis.CommandsAsync() - commands) / seconds;
    }

    /// <summary>One company fills an instance; another had 100 entries in use before.</summary>
    private async Task MemoryAsync()
    {
        var entries = quick ? 30_000 : 100_000;
        Report.Head($"{entries:#,0} entries of 4 KB by one company", "asked for");
        var (megabytes, kept) = (new List<string>(), new List<string>());
        foreach (var contender in Contender.All)
        {
            await using var world = await World.StartAsync(contender, instances: 1);
            // Redis is not what is looked at.
            await world.Redis.CommandAsync("CONFIG", "SET", "maxmemory", "64mb");
            await world.Redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
            var (small, before) = (Guid.NewGuid(), GC.GetTotalMemory(forceFullCollection: true));
            for (var pass = 0; pass < 2; pass++)
                for (var i = 0; i < 100; i++) await world.Instances[0].GetAsync(small, $"tasks:{i}", world.LoadAsync);
            await Parallel.ForAsync(0, entries, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            {
                await world.GetAsync(0, $"tasks:{i}", life: TimeSpan.FromMinutes(5));
                // They stay in use.
                if (i % 100 == 0)
                    for (var k = 0; k < 100; k++) await world.Instances[0].GetAsync(small, $"tasks:{k}", world.LoadAsync);
            });
            // Removal may take place in the background.
            await Task.Delay(500);
            megabytes.Add($"{(GC.GetTotalMemory(forceFullCollection: true) - before) / 1048576.0:0}");
            var there = 0;
            for (var i = 0; i < 100; i++)
                if (await world.Instances[0].HasInMemoryAsync(small, $"tasks:{i}")) there++;
            kept.Add($"{there}");
        }
        Report.Line("memory of the process grew by, MB", megabytes, "about 64");
        Report.Line("of another company's 100 entries in use, still in memory", kept, "100");
    }
}
