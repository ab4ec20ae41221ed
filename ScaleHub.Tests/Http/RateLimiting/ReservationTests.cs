using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using ScaleHub.Core.Platform;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>
/// Limits of callers for whom instances reserve: that they hold as exactly as without, and that what is not used comes back.
/// </summary>
public sealed class ReservationTests : IAsyncLifetime
{
    private readonly RedisServer _server = new();
    private LimiterInstances _instances = null!;
    private Measurements _decisions = null!;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        _instances = new(3, _ => _server.CreateStore());
        _decisions = new(_instances.Services, "ScaleHub.RateLimits");
    }

    public async Task DisposeAsync()
    {
        _decisions.Dispose();
        await _instances.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task At_full_speed_over_three_instances_no_window_has_more_than_the_limit_and_the_windows_are_used()
    {
        const int N = 4000, Seconds = 4;
        var window = TimeSpan.FromSeconds(Seconds);
        var sets = Sets(LimiterInstances.Limit(N, Seconds));
        var admitted = new ConcurrentBag<(TimeSpan Before, TimeSpan After)>();
        var clock = Stopwatch.StartNew();
        // As long as two windows and a piece of the third.
        var end = 2.5 * window;
        using var stop = new CancellationTokenSource();
        var keeping = KeepAsync(stop.Token);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(async () =>
        {
            while (clock.Elapsed < end)
            {
                var before = clock.Elapsed;
                if ((await DecideAsync(sets, i % 3)).Admitted) admitted.Add((before, clock.Elapsed));
            }
        })));
        await stop.CancelAsync();
        await keeping;

        var byStart = admitted.OrderBy(a => a.Before).ToList();
        // For a window that begins with each of them: those that were admitted in it for certain.
        var most = Enumerable.Range(0, byStart.Count).Where(i => i % 7 == 0).Max(i =>
            byStart.Skip(i).TakeWhile(a => a.Before <= byStart[i].Before + window).Count(a => a.After <= byStart[i].Before + window));
        Assert.InRange(most, 1, N);
        Assert.InRange(admitted.Count, 0.95 * 2 * N, 3 * N);
        Assert.InRange(Decisions("reservation"), 100, admitted.Count);
        Assert.All(_instances, i => Assert.False(i.Metrics.InProcess));
    }

    [Fact]
    public async Task What_is_not_used_comes_back_when_its_part_of_the_window_is_over_and_is_then_for_every_instance()
    {
        var sets = Sets(LimiterInstances.Limit(10_000, 60));
        var admitted = await ReserveAsync(sets, 0);
        // A part is 600 ms long. What is reserved until then is counted as if it were used.
        await Poll.UntilAsync(async () =>
        {
            await _instances[0].Limiter.GiveBackReservationsAsync(all: false);
            Assert.True(sets[0].Reservation!.IsEmpty);
        });
        Assert.Equal(10_000 - ++admitted, (await DecideAsync(sets, 1)).States[0].Remaining);
    }

    [Fact]
    public async Task An_instance_that_stops_gives_back_at_once_what_it_has_not_used()
    {
        var sets = Sets(LimiterInstances.Limit(100_000, 900));
        var admitted = await ReserveAsync(sets, 0);
        Assert.False(sets[0].Reservation!.IsEmpty);
        await _instances[0].Limiter.GiveBackReservationsAsync(all: true);
        Assert.Equal(100_000 - ++admitted, (await DecideAsync(sets, 1)).States[0].Remaining);
        Assert.Equal(100_000 - ++admitted, (await DecideAsync(sets, 0)).States[0].Remaining);
    }

    [Fact]
    public async Task What_a_killed_instance_had_reserved_stays_counted()
    {
        var sets = Sets(LimiterInstances.Limit(1000, 900));
        var admitted = await ReserveAsync(sets, 0);
        // The others go on, until the limit is reached.
        while ((await DecideAsync(sets, 1)).Admitted) admitted++;
        Assert.InRange(admitted, 950, 999);
    }

    [Fact]
    public async Task A_Redis_that_was_away_is_given_nothing_back_as_it_may_have_forgotten_and_others_were_admitted_meanwhile()
    {
        var sets = Sets(LimiterInstances.Limit(100_000, 900));
        await ReserveAsync(sets, 0);
        await _server.KillAsync();
        await _server.StartAsync();
        await _instances.UntilRedisDecidesAsync();
        // It counts in the same part of the window, or in the next one.
        var decision = await DecideAsync(sets, 1);
        await _instances[0].Limiter.GiveBackReservationsAsync(all: true);
        Assert.Equal(decision.States[0].Remaining - 1, (await DecideAsync(sets, 1)).States[0].Remaining);
    }

    [Fact]
    public async Task A_client_that_leaves_while_its_instance_reserves_loses_nothing()
    {
        var sets = Sets(LimiterInstances.Limit(100_000, 900));
        var admitted = await ReserveAsync(sets, 0);
        await _instances[0].Limiter.GiveBackReservationsAsync(all: true);
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        // The next one reserves again, and is carried through.
        Assert.True((await _instances[0].Limiter.DecideAsync(sets[0], left.Token)).Admitted);
        Assert.False(sets[0].Reservation!.IsEmpty);
        await _instances[0].Limiter.GiveBackReservationsAsync(all: true);
        Assert.Equal(100_000 - admitted - 2, (await DecideAsync(sets, 1)).States[0].Remaining);
    }

    [Fact]
    public async Task A_reservation_is_used_while_Redis_hangs_and_its_caller_does_not_wait()
    {
        var sets = Sets(LimiterInstances.Limit(100_000, 900));
        await ReserveAsync(sets, 0);
        using (_server.Freeze())
        {
            var decision = DecideAsync(sets, 0);
            Assert.True(decision.IsCompletedSuccessfully);
            Assert.True((await decision).Admitted);
        }
    }

    [Fact]
    public async Task Of_two_limits_each_counts_what_is_reserved_and_a_small_one_has_nothing_reserved()
    {
        var large = LimiterInstances.Limit(100_000, 900);
        var small = large with { Policy = "small", Key = large.Key + ":small", Limit = 49 };
        await using var redis = await _server.ConnectAsync();
        var answer = RedisWindows.Read(await RedisWindows.RunAsync(redis.GetDatabase(), [large], null, null, more: 300));
        Assert.Equal((301, 100_000 - 301), (answer.Admitted, answer.States[0].Remaining));
        Assert.InRange(answer.EndsMs, 0, 9000);
        answer = RedisWindows.Read(await RedisWindows.RunAsync(redis.GetDatabase(), [large, small], null, null, more: 300));
        Assert.Equal(1, answer.Admitted);
        Assert.Equal([100_000 - 302, 48], answer.States.Select(s => s.Remaining));
        // Taken back where it is counted, and never more than is there.
        await RedisWindows.GiveBackAsync(redis.GetDatabase(), [large], 300, answer.Parts[..1]);
        await RedisWindows.GiveBackAsync(redis.GetDatabase(), [small], 300, answer.Parts[1..]);
        await RedisWindows.GiveBackAsync(redis.GetDatabase(), [large], 300, [answer.Parts[0] - 1]);
        answer = RedisWindows.Read(await RedisWindows.RunAsync(redis.GetDatabase(), [large, small], null, null));
        Assert.Equal([100_000 - 3, 48], answer.States.Select(s => s.Remaining));
    }

    /// <summary>Asks until something is reserved, and says how many requests were admitted.</summary>
    private async Task<int> ReserveAsync(LimitSet[] sets, int instance)
    {
        var admitted = 0;
        while (sets[instance].Reservation!.IsEmpty)
        {
            Assert.True((await DecideAsync(sets, instance)).Admitted);
            Assert.InRange(++admitted, 1, 900);
        }
        return admitted;
    }

    private LimitSet[] Sets(ApplyingLimit limit)
        => [.. _instances.Select(_ => new LimitSet([limit], new Reservation([limit], TimeProvider.System)))];

    private ValueTask<RateLimitDecision> DecideAsync(LimitSet[] sets, int instance)
        => _instances[instance].Limiter.DecideAsync(sets[instance], CancellationToken.None);

    // What the keeper does in the background, more often, as the windows are shorter.
    private Task KeepAsync(CancellationToken stop)
        => new Rounds("The keeper", NullLogger.Instance).EveryAsync(TimeSpan.FromMilliseconds(50), TimeProvider.System,
            () => Task.WhenAll(_instances.Select(i => i.Limiter.GiveBackReservationsAsync(all: false))), stop);

    private double Decisions(string by) => _decisions.Sums("scalehub.ratelimit.decisions").GetValueOrDefault(by);
}
