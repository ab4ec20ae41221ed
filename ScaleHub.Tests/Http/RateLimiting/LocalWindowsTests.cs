using System.Net;
using Microsoft.Extensions.Options;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Tests.Http.RateLimiting;

public sealed class LocalWindowsTests
{
    private readonly Clock _clock = new();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(10, 10, 2)]
    [InlineData(50, 300, 3)]
    [InlineData(500, 900, 4)]
    public void No_window_admits_more_than_the_limit(int n, int seconds, int seed)
    {
        var windows = Windows(instances: 1);
        var random = new Random(seed);
        var limit = Limit("caller", n, seconds);
        List<long> admitted = [];
        for (var i = 0; i < 20_000; i++)
        {
            _clock.Ms += random.Next(30) switch
            {
                < 15 => random.Next(2),
                < 29 => random.Next((2 * seconds * 1000 / n) + 1),
                _ => random.Next(2000 * seconds),
            };
            if (windows.Decide([limit]).Admitted) admitted.Add(_clock.Ms);
        }
        for (var i = n; i < admitted.Count; i++) Assert.True(admitted[i] - admitted[i - n] >= seconds * 1000L);
        Assert.True(admitted.Count > n);
    }

    [Theory]
    [InlineData(500, 900)]
    [InlineData(1000, 60)]
    public void A_steady_stream_at_the_limit_is_admitted_at_ninety_five_percent_and_more(int n, int seconds)
    {
        var windows = Windows(instances: 1);
        var limit = Limit("caller", n, seconds);
        var admitted = 0;
        for (var i = 0; i < n * 10; i++)
        {
            _clock.Ms = 1_000_000 + (i * seconds * 1000L / n);
            if (windows.Decide([limit]).Admitted) admitted++;
        }
        Assert.True(admitted >= 9.5 * n, $"{admitted} of {n * 10}");
    }

    [Fact]
    public void What_is_told_of_reset_can_be_relied_on_and_a_refused_request_is_counted_by_no_limit()
    {
        var windows = Windows(instances: 4);
        ApplyingLimit[] limits = [Limit("plan", 100, 60), Limit("strict", 8, 60)];
        Assert.True(windows.Decide(limits).Admitted);
        _clock.Ms += 10_000;
        Assert.True(windows.Decide(limits).Admitted);
        var refused = windows.Decide(limits);
        Assert.True(refused.Violates(1));
        Assert.Equal(23, refused.States[0].Remaining);
        _clock.Ms += refused.States[1].ResetMs - 1;
        Assert.False(windows.Decide(limits).Admitted);
        _clock.Ms += 1;
        Assert.True(windows.Decide(limits).Admitted);
    }

    [Fact]
    public void More_callers_than_are_told_apart_share_a_window_until_the_others_are_quiet()
    {
        var windows = Windows(instances: 1);
        for (var i = 0; i < LocalWindows.Capacity; i++) Assert.True(windows.Decide([Limit($"caller-{i}", 5, 60)]).Admitted);
        Assert.Equal(5, Enumerable.Range(0, 50).Count(i => windows.Decide([Limit($"late-{i}", 5, 60)]).Admitted));
        Assert.True(windows.Decide([Limit("caller-7", 5, 60)]).Admitted);
        Assert.InRange(windows.Count, LocalWindows.Capacity, LocalWindows.Capacity + 1);

        _clock.Ms += 64_000;
        Assert.True(windows.Decide([Limit("later", 5, 60)]).Admitted);
        Assert.Equal(1, windows.Count);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2::3", "20010db800010002/64")]
    [InlineData("2001:db8:1:2:ffff::9", "20010db800010002/64")]
    [InlineData("2001:db8:1:3::3", "20010db800010003/64")]
    public void Addresses_are_told_apart_as_far_as_one_caller_has_them(string address, string expected)
        => Assert.Equal(expected, ApplyingLimits.AddressOf(IPAddress.Parse(address)));

    private LocalWindows Windows(int instances) => new(Options.Create(new RateLimitOptions { Instances = instances }), _clock);

    private static ApplyingLimit Limit(string key, int n, int seconds)
        => new(key.Split('-')[0], key, n, TimeSpan.FromSeconds(seconds));

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; } = 1_000_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
