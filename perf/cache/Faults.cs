using System.Diagnostics;
using Npgsql;

namespace ScaleHub.Perf.Cache;

/// <summary>One experiment each, with a Redis and instances of its own.</summary>
/// <param name="quick">Watches for a shorter time.</param>
internal sealed class Faults(bool quick)
{
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(quick ? 5 : 15);

    /// <summary>All of them: what happens, what is asked for, and how it is tried.</summary>
    public IReadOnlyList<(string What, string Asked, Func<Contender, Task<Cell>> Try)> All =>
    [
        ("subscriptions cut for 1 s, change in between: old value on others", "≤ 2 s", CutAsync),
        ("Redis comes back from an older copy: old value on a new instance", "never", OlderCopyAsync),
        ("load begun before a change ends after it: old value kept, by tag", "never", c => RaceAsync(c, byKey: false)),
        ("load begun before a change ends after it: old value kept, by key", "never", c => RaceAsync(c, byKey: true)),
        ("writer killed between commit and invalidation: old value", "≤ 1 s", KilledWriterAsync),
        ("invalidation by an instance whose clock is 2 s late: old value", "≤ 1 s", LateClockAsync),
        ("reader who brings the write's WAL position, news cut: sees it", "yes", PositionAsync),
        ("instance killed while it holds the lock: another answers after", "≤ 2 s", KilledOwnerAsync),
        ("load that never ends: another instance answers after", "≤ 2 s", c => NeverEndsAsync(c, sameInstance: false)),
        ("load that never ends: next request of that instance ends after", "≤ 6 s", c => NeverEndsAsync(c, sameInstance: true)),
        ("expired value, load fails: served stale", "yes", FailedLoadAsync),
        ("expired value, load takes 2 s: answered after", "≤ 0.5 s", SlowLoadAsync),
        ("invalidated value, load fails: not served as if nothing happened", "no", InvalidatedAsync),
    ];

    private async Task<Cell> CutAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender);
        await world.WarmAsync();
        await world.Redis.WithoutSubscriptionsAsync(TimeSpan.FromSeconds(1), async () =>
        {
            world.Truth = 2;
            await world.Instances[0].RemoveTagAsync(world.Company);
        });
        // From the end of the cut on.
        return Worst(await Task.WhenAll(world.OldForAsync(1, 2, _patience), world.OldForAsync(2, 2, _patience)), 2000);
    }

    private async Task<Cell> OlderCopyAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender);
        await world.WarmAsync();
        await world.Redis.CommandAsync("SAVE");
        world.Truth = 2;
        await world.Instances[0].RemoveTagAsync(world.Company);
        for (var i = 0; i < 3; i++) await world.OldForAsync(i, 2, _patience);
        await world.Redis.KillAsync();
        await world.Redis.StartAsync(saved: true);
        await world.AddAsync();
        return Worst([await world.OldForAsync(3, 2, _patience)], 50);
    }

    private async Task<Cell> RaceAsync(Contender contender, bool byKey)
    {
        await using var world = await World.StartAsync(contender);
        var (began, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var early = Task.Run(() => world.GetAsync(1, load: async () =>
        {
            var read = await world.LoadAsync();
            began.TrySetResult();
            await gate.Task;
            return read;
        }));
        await began.Task;
        await Task.Delay(20);
        world.Truth = 2;
        if (byKey) await world.Instances[0].RemoveKeyAsync(world.Company, World.Key);
        else await world.Instances[0].RemoveTagAsync(world.Company);
        await Task.Delay(200);
        gate.SetResult();
        await early;
        await Task.Delay(100);
        return Worst(await Task.WhenAll(Enumerable.Range(0, 3).Select(i => world.OldForAsync(i, 2, _patience))), 50);
    }

    private async Task<Cell> KilledWriterAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender);
        await world.WarmAsync();
        await world.Instances[0].BeforeCommitAsync(world.Company);
        // A hot key is asked for before the commit, too.
        for (var i = 1; i < 3; i++) await world.GetAsync(i);
        world.Truth = 2;
        return Worst(await Task.WhenAll(world.OldForAsync(1, 2, _patience), world.OldForAsync(2, 2, _patience)), 1000);
    }

    private async Task<Cell> LateClockAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender);
        using var late = Child.Start(contender, world, "invalidate", "faketime", "-f", "-2s");
        await late.SaysAsync("ready");
        await world.WarmAsync();
        world.Truth = 2;
        await late.TellAsync();
        await late.SaysAsync("done");
        var seen = Worst(await Task.WhenAll(world.OldForAsync(1, 2, _patience), world.OldForAsync(2, 2, _patience)), 1000);
        await late.TellAsync();
        return seen;
    }

    private static async Task<Cell> PositionAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender);
        await world.WarmAsync();
        int? version = null;
        await world.Redis.WithoutSubscriptionsAsync(TimeSpan.Zero, async () =>
        {
            world.Truth = 2;
            await world.Instances[0].RemoveTagAsync(world.Company);
            if (world.Instances[1].GetAfterWriteAsync(world.Company, World.Key, world.LoadAsync) is { } read)
                version = TaskPage.VersionOf(await read);
        });
        return version is null ? new("n/a", null) : new(version == 2 ? "yes" : "no", version == 2);
    }

    private async Task<Cell> KilledOwnerAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender, instances: 1);
        using var owner = Child.Start(contender, world, "hang");
        await owner.SaysAsync("loading");
        owner.Kill();
        return await AnsweredAsync(() => world.GetAsync(0), 2000, TimeSpan.FromSeconds(quick ? 5 : 35));
    }

    private async Task<Cell> NeverEndsAsync(Contender contender, bool sameInstance)
    {
        await using var world = await World.StartAsync(contender);
        var (began, never) = (new TaskCompletionSource(), new TaskCompletionSource<byte[]>());
        var first = Task.Run(() => world.GetAsync(0, load: () =>
        {
            began.TrySetResult();
            return never.Task;
        }));
        await began.Task;
        var cell = await AnsweredAsync(() => world.GetAsync(sameInstance ? 0 : 1), sameInstance ? 6000 : 2000, TimeSpan.FromSeconds(quick ? 7 : 15));
        // So that it can be taken down.
        never.SetResult(await world.LoadAsync());
        await first.ContinueWith(f => f.Exception, TaskScheduler.Default);
        return cell;
    }

    private static async Task<Cell> FailedLoadAsync(Contender contender)
    {
        await using var world = await ExpiredAsync(contender);
        return await AnsweredAsync(() => world.GetAsync(0, load: Failing, life: Short), 500, TimeSpan.FromSeconds(10));
    }

    private static async Task<Cell> SlowLoadAsync(Contender contender)
    {
        await using var world = await ExpiredAsync(contender);
        world.LoadTakes = TimeSpan.FromSeconds(2);
        var cell = await AnsweredAsync(() => world.GetAsync(0, life: Short), 500, TimeSpan.FromSeconds(10));
        await Task.Delay(world.LoadTakes);
        return cell;
    }

    private static async Task<Cell> InvalidatedAsync(Contender contender)
    {
        await using var world = await World.StartAsync(contender);
        await world.WarmAsync();
        world.Truth = 2;
        await world.Instances[0].RemoveTagAsync(world.Company);
        await Task.Delay(100);
        try
        {
            return new($"served {await world.GetAsync(1, load: Failing)}", false);
        }
        catch (Exception e) when (e is NpgsqlException || e.InnerException is NpgsqlException)
        {
            return new("error", true);
        }
    }

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private static async Task<World> ExpiredAsync(Contender contender)
    {
        var world = await World.StartAsync(contender, instances: 1);
        await world.GetAsync(0, life: Short);
        // Longer than its life with the largest jitter of a guide (2 s).
        await Task.Delay(TimeSpan.FromSeconds(3.5));
        return world;
    }

    private static Task<byte[]> Failing() => throw new NpgsqlException("The database is away.", new TimeoutException());

    private static async Task<Cell> AnsweredAsync(Func<Task<int>> ask, double most, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        var answer = Task.Run(ask);
        try
        {
            if (await Task.WhenAny(answer, Task.Delay(patience)) != answer) return Cell.Within(null, most, patience);
            await answer;
            return Cell.Within(clock.Elapsed.TotalMilliseconds, most, patience);
        }
        catch (Exception e)
        {
            return new($"error, {clock.ElapsedMilliseconds} ms: {e.GetType().Name}", false);
        }
    }

    private Cell Worst(double?[] times, double most) => Cell.Within(times.All(t => t is not null) ? times.Max() : null, most, _patience);
}
