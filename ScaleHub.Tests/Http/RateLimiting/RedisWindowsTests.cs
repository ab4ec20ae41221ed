using ScaleHub.Http.RateLimiting;
using ScaleHub.Testing;
using StackExchange.Redis;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>The script by itself, with the time given: what it promises holds for any pattern of arrivals.</summary>
public sealed class RedisWindowsTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private const long Start = 1_800_000_000_000;
    private ConnectionMultiplexer _connection = null!;

    private IDatabase Redis => _connection.GetDatabase();

    public async Task InitializeAsync() => _connection = await server.ConnectAsync();

    public async Task DisposeAsync() => await _connection.CloseAsync();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(10, 10, 2)]
    [InlineData(10, 10, 3)]
    [InlineData(50, 300, 4)]
    [InlineData(500, 900, 5)]
    [InlineData(500, 900, 6)]
    [InlineData(1000, 60, 7)]
    public async Task No_window_admits_more_than_the_limit(int n, int seconds, int seed)
    {
        var random = new Random(seed);
        var limit = Limit(n, seconds);
        List<long> admitted = [];
        var now = Start + random.Next(100_000);
        for (var i = 0; i < 4000; i++)
        {
            now += Gap(random, limit);
            var decision = await DecideAsync(limit, now);
            if (decision.Admitted) admitted.Add(now);
            else Assert.Equal(0, decision.States[0].Remaining);
        }
        Assert.NotEmpty(admitted);
        // Of each n + 1 in a row, the first and the last are a window apart at least: no window holds them all.
        for (var i = n; i < admitted.Count; i++)
            Assert.True(admitted[i] - admitted[i - n] >= seconds * 1000L, $"{n + 1} in {admitted[i] - admitted[i - n]} ms");
    }

    [Theory]
    [InlineData(25, 10)]
    [InlineData(50, 300)]
    [InlineData(500, 900)]
    [InlineData(1000, 60)]
    public async Task A_steady_stream_at_the_limit_is_admitted_at_ninety_five_percent_and_more(int n, int seconds)
    {
        var random = new Random(n);
        var limit = Limit(n, seconds);
        var (sent, admitted) = (n * 5, 0);
        for (var i = 0; i < sent; i++)
        {
            // Around its beat, as the network has it.
            var now = Start + (i * seconds * 1000L / n) + random.Next(0, Math.Max(1, seconds * 500 / n));
            if ((await DecideAsync(limit, now)).Admitted) admitted++;
        }
        Assert.True(admitted >= 0.95 * sent, $"{admitted} of {sent}");
    }

    [Fact]
    public async Task What_is_told_of_remaining_and_reset_can_be_relied_on()
    {
        var random = new Random(11);
        var limit = Limit(20, 10);
        var now = Start;
        var refusals = 0;
        for (var i = 0; i < 2000; i++)
        {
            var decision = await DecideAsync(limit, now);
            Assert.True(decision.Admitted, $"refused at step {i}");
            var state = decision.States[0];
            Assert.InRange(state.ResetMs, 1, 10_100);
            if (state.Remaining > 0)
            {
                now += random.Next(0, 300);
                continue;
            }
            // A millisecond too early is refused, and does not count; the time that was told is enough.
            var refused = await DecideAsync(limit, now + state.ResetMs - 1);
            Assert.False(refused.Admitted);
            Assert.Equal(1, refused.States[0].ResetMs);
            refusals++;
            now += state.ResetMs;
        }
        Assert.True(refusals > 10);
    }

    [Fact]
    public async Task A_refused_request_is_counted_by_no_limit()
    {
        var tag = NewTag();
        ApplyingLimit[] limits =
        [
            new("plan", $"{tag}:plan", 100, TimeSpan.FromMinutes(15)),
            new("strict", $"{tag}:strict", 3, TimeSpan.FromMinutes(1)),
        ];
        for (var i = 0; i < 10; i++)
        {
            var decision = RedisWindows.Read(await RedisWindows.RunAsync(Redis, limits, null, Start + i)).Decision;
            Assert.Equal(i < 3, decision.Admitted);
            Assert.Equal(i >= 3, decision.Violates(1));
            Assert.False(decision.Violates(0));
            Assert.Equal(i < 3 ? 99 - i : 97, decision.States[0].Remaining);
        }
    }

    [Fact]
    public async Task A_smaller_limit_holds_at_once_and_tells_when_there_is_room_again()
    {
        var limit = Limit(100, 100);
        for (var i = 0; i < 100; i++) Assert.True((await DecideAsync(limit, Start + (i * 200))).Admitted);
        var smaller = limit with { Limit = 10 };
        var now = Start + 20_000;
        var refused = await DecideAsync(smaller, now);
        Assert.False(refused.Admitted);
        Assert.False((await DecideAsync(smaller, now + refused.States[0].ResetMs - 1)).Admitted);
        Assert.True((await DecideAsync(smaller, now + refused.States[0].ResetMs)).Admitted);
        Assert.True((await DecideAsync(limit with { Limit = 1000 }, now)).Admitted);
    }

    [Fact]
    public async Task A_clock_that_goes_back_opens_no_window()
    {
        var limit = Limit(10, 10);
        for (var i = 0; i < 10; i++) Assert.True((await DecideAsync(limit, Start + (i * 100))).Admitted);
        Assert.False((await DecideAsync(limit, Start - 5000)).Admitted);
        Assert.True((await DecideAsync(limit, Start + 12_000)).Admitted);
    }

    [Fact]
    public async Task A_key_stays_small_and_goes_by_itself()
    {
        var limit = Limit(5000, 900);
        for (var i = 0; i < 3000; i++) await DecideAsync(limit, Start + (i * 1000L));
        Assert.InRange(await Redis.HashLengthAsync(limit.Key), 1, RedisWindows.Parts + 3);
        Assert.InRange((long)await Redis.ExecuteAsync("memory", "usage", limit.Key), 1, 4096);
        Assert.InRange((await Redis.KeyTimeToLiveAsync(limit.Key))!.Value.TotalSeconds, 1, 909);

        var brief = Limit(5, 1);
        Assert.True(RedisWindows.Read(await RedisWindows.RunAsync(Redis, [brief], null, null)).Decision.Admitted);
        await Poll.UntilAsync(async () => Assert.False(await Redis.KeyExistsAsync(brief.Key)), seconds: 3);
    }

    [Theory]
    [InlineData(5, 900, 1)]
    [InlineData(5, 900, 2)]
    [InlineData(100, 300, 3)]
    public async Task Of_what_is_not_given_back_no_window_has_more_than_the_limit(int n, int seconds, int seed)
    {
        var random = new Random(seed);
        var limit = Limit(n, seconds);
        List<long> kept = [];
        var now = Start + random.Next(100_000);
        for (var i = 0; i < 3000; i++)
        {
            now += Gap(random, limit);
            if (!(await DecideAsync(limit, now)).Admitted) continue;
            if (random.Next(2) == 0) kept.Add(now);
            else await RedisWindows.GiveBackAsync(Redis, [limit], 1, null);
        }
        Assert.True(kept.Count > n);
        for (var i = n; i < kept.Count; i++)
            Assert.True(kept[i] - kept[i - n] >= seconds * 1000L, $"{n + 1} in {kept[i] - kept[i - n]} ms");
    }

    [Fact]
    public async Task What_is_given_back_uses_up_nothing_also_after_the_server_forgot_the_script()
    {
        var limit = Limit(3, 60);
        for (var i = 0; i < 20; i++)
        {
            Assert.True((await DecideAsync(limit, Start + i)).Admitted, $"{i}");
            if (i == 10) await _connection.GetServers()[0].ScriptFlushAsync();
            await RedisWindows.GiveBackAsync(Redis, [limit], 1, null);
        }
        Assert.False(await Redis.KeyExistsAsync(limit.Key));
    }

    [Fact]
    public async Task The_script_comes_back_after_the_server_forgot_it()
    {
        var limit = Limit(10, 10);
        await RedisWindows.RunAsync(Redis, [limit], null, null);
        await Redis.ExecuteAsync("script", "flush");
        Assert.Equal(8, RedisWindows.Read(await RedisWindows.RunAsync(Redis, [limit], null, null)).Decision.States[0].Remaining);
    }

    private async Task<RateLimitDecision> DecideAsync(ApplyingLimit limit, long now)
        => RedisWindows.Read(await RedisWindows.RunAsync(Redis, [limit], null, now)).Decision;

    private static string NewTag() => $"test:{{{Guid.NewGuid():N}}}";

    private static ApplyingLimit Limit(int n, int seconds) => new("test", $"{NewTag()}:test", n, TimeSpan.FromSeconds(seconds));

    // Bursts, a steady pace, and pauses up to two windows: of each a lot, in any order.
    private static long Gap(Random random, ApplyingLimit limit)
    {
        var window = (int)limit.Window.TotalMilliseconds;
        return random.Next(40) switch
        {
            < 25 => random.Next(0, 2),
            < 38 => random.Next(0, (2 * window / limit.Limit) + 1),
            38 => random.Next(0, window / 10),
            _ => random.Next(0, random.Next(0, 2 * window) + 1),
        };
    }
}
