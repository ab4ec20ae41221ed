using System.Collections.Concurrent;
using System.Diagnostics;

namespace ScaleHub.Perf.Cache;

/// <summary>
/// Redis goes away under readers, killed or frozen, for some seconds; meanwhile instance 0 writes and invalidates. Readers ask
/// each instance for the hot key, one request after the other, and instance 2 for keys that nobody has.
/// </summary>
internal sealed class Outage(World world, bool frozen, bool quick)
{
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(quick ? 5 : 15);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<Sample> _samples = new();
    private volatile bool _done;

    public static async Task<Dictionary<string, Cell>> RunAsync(Contender contender, bool frozen, bool quick)
    {
        await using var world = await World.StartAsync(contender);
        return await new Outage(world, frozen, quick).RunAsync();
    }

    private async Task<Dictionary<string, Cell>> RunAsync()
    {
        var seconds = quick ? 3 : 6;
        await world.WarmAsync();
        var readers = Enumerable.Range(0, 4).Select(i => Task.Run(() => ReadAsync(i))).ToArray();
        await Task.Delay(500);
        var gone = _clock.Elapsed;
        if (frozen) world.Redis.Freeze();
        else await world.Redis.KillAsync();
        await Task.Delay(1000);
        world.Truth = 2;
        var written = _clock.Elapsed;
        await world.Instances[0].RemoveTagAsync(world.Company);
        var told = _clock.Elapsed;
        var left = TimeSpan.FromSeconds(seconds) - (told - gone);
        if (left > TimeSpan.Zero) await Task.Delay(left);

        if (frozen) world.Redis.Thaw();
        else await world.Redis.StartAsync(saved: false);
        var back = _clock.Elapsed;
        // Readers see for themselves how long the first write takes to arrive.
        await Task.Delay(TimeSpan.FromSeconds(quick ? 5 : 10));
        world.Truth = 3;
        await world.Instances[1].RemoveTagAsync(world.Company);
        var arrived = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => world.UntilAsync(i, 3, _patience)));
        var arrivedAt = arrived.Max() is { } all && arrived.All(a => a is not null) ? all : (double?)null;
        _done = true;
        await Task.WhenAll(readers);

        var during = _samples.Where(s => s.From + s.Took > gone && s.From < back).ToList();
        var (hot, cold) = (during.Where(s => s.Reader < 3).ToList(), during.Where(s => s.Reader == 3).ToList());
        return new()
        {
            ["hot key: longest request"] = Cell.Within(Longest(hot), 500, default),
            ["hot key: p99"] = Cell.Within(Percentile(hot, 0.99), 150, default),
            ["keys that nobody has: longest"] = Cell.Within(Longest(cold), 500, default),
            ["keys that nobody has: median"] = Cell.Within(Percentile(cold, 0.5), 150, default),
            ["failed requests"] = new($"{during.Count(s => s.Version == 0)} of {during.Count}", during.All(s => s.Version > 0)),
            ["invalidating takes"] = Cell.Within((told - written).TotalMilliseconds, 500, default),
            ["old value, on the writer itself"] = Cell.Within(StaleFor(s => s.Reader == 0, told), 50, default),
            ["old value, on the others"] = Cell.Within(StaleFor(s => s.Reader is 1 or 2, written), 2000, default),
            ["old value after it is back"] = Cell.Within(StaleFor(s => s.Reader < 3, back), 1000, default),
            ["then a change arrives in"] = Cell.Within(arrivedAt, 1500, _patience),
        };
    }

    /// <summary>Milliseconds from a time on until the last request began that got version 1.</summary>
    private double StaleFor(Func<Sample, bool> who, TimeSpan since)
        => _samples.Where(s => who(s) && s.Version == 1 && s.From > since).Select(s => (s.From - since).TotalMilliseconds).DefaultIfEmpty(0).Max();

    private static double Longest(List<Sample> samples) => samples.Max(s => s.Took.TotalMilliseconds);

    private static double Percentile(List<Sample> samples, double share)
        => samples.Select(s => s.Took.TotalMilliseconds).Order().ElementAt((int)(samples.Count * share));

    private async Task ReadAsync(int reader)
    {
        for (var n = 0; !_done; n++)
        {
            var from = _clock.Elapsed;
            var version = 0;
            try
            {
                version = reader < 3 ? await world.GetAsync(reader) : await world.GetAsync(2, $"tasks:cold:{n}");
            }
            catch (Exception e) when (e is not InvalidOperationException)
            {
                // Counted: version 0.
            }
            // Versions of other keys say nothing about this one.
            _samples.Enqueue(new(reader, from, _clock.Elapsed - from, version));
            await Task.Delay(reader < 3 ? 2 : 20);
        }
    }

    private sealed record Sample(int Reader, TimeSpan From, TimeSpan Took, int Version);
}
