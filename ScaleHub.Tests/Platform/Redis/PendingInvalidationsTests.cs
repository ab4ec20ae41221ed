using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Testing;
using StackExchange.Redis;

namespace ScaleHub.Tests.Platform.Redis;

public sealed class PendingInvalidationsTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();

    public Task InitializeAsync() => _redis.InitializeAsync();

    public Task DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task What_a_dead_Redis_did_not_take_it_gets_in_order_when_there_is_one_again()
    {
        await using var instances = await CacheInstances.StartAsync(_redis, 1);
        var pending = instances[0].GetRequiredService<PendingInvalidations>();
        Assert.True(await pending.SendAsync(db => db.ListRightPushAsync("told", "before")));
        await _redis.KillAsync();
        for (var i = 0; i < 100; i++) Assert.False(await pending.SendAsync(Push(i)));

        await _redis.StartAsync();
        using var connection = await _redis.ConnectAsync();
        await Poll.UntilAsync(async () => Assert.Contains("99", await ToldAsync()), seconds: 30);
        // More than once is allowed, out of order or left out is not.
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), (await ToldAsync()).Distinct());

        async Task<string[]> ToldAsync()
            => [.. (await connection.GetDatabase().ListRangeAsync("told")).Select(v => v.ToString())];
    }

    [Fact]
    public async Task A_hundred_thousand_are_kept_for_a_Redis_that_is_away_and_what_comes_beyond_is_not()
    {
        const int Most = 100_000;
        await _redis.KillAsync();
        await using var store = _redis.CreateStore();
        using var pending = new PendingInvalidations(store, TimeProvider.System, NullLogger<PendingInvalidations>.Instance);
        var told = new ConcurrentDictionary<int, bool>();
        for (var i = 0; i < Most + 5; i++)
        {
            var number = i;
            Assert.False(await pending.SendAsync(db =>
            {
                if (!db.Multiplexer.IsConnected) throw new IOException("There is no connection.");
                told[number] = true;
                return Task.CompletedTask;
            }));
        }
        Assert.Empty(told);

        await _redis.StartAsync();
        await pending.StartAsync(CancellationToken.None);
        await Poll.UntilAsync(() => Assert.Equal(Most, told.Count), seconds: 60);
        Assert.Equal(Most - 1, told.Keys.Max());
        await pending.StopAsync(CancellationToken.None);
    }

    private static Func<IDatabase, Task> Push(int i) => db => db.ListRightPushAsync("told", i);
}
