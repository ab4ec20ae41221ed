using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Redis;

/// <summary>That an instance which has caught up has heard all that was sent before, and what happens without Redis.</summary>
public sealed class CatchUpTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private CacheInstances _instances = null!;

    public async Task InitializeAsync() => _instances = await CacheInstances.StartAsync(redis, 2);

    public async Task DisposeAsync() => await _instances.DisposeAsync();

    [Fact]
    public async Task Whatever_another_instance_sent_before_has_been_heard_however_many_ask_at_once()
    {
        var (sender, receiver) = (Broadcast(0), Broadcast(1));
        var heard = 0;
        receiver.Listen("test", number => Volatile.Write(ref heard, int.Parse(number, null)));
        for (var i = 1; i <= 1000; i++)
        {
            await sender.SendAsync("test", $"{i}", CancellationToken.None);
            // Those that ask while another waits share the beat that is sent next.
            var all = await Task.WhenAll(Enumerable.Range(0, 1 + (i % 10)).Select(async _ =>
            {
                Assert.True(await receiver.CatchUpAsync());
                return Volatile.Read(ref heard);
            }));
            Assert.All(all, number => Assert.Equal(i, number));
        }
    }

    [Fact]
    public async Task Without_Redis_nobody_waits_long_and_nobody_is_told_that_it_has_caught_up()
    {
        var broadcast = Broadcast(1);
        Assert.True(await broadcast.CatchUpAsync());
        using (redis.Freeze())
        {
            // The one that waits is told by the loop in the background; the others, within the next second, at once.
            Assert.False(await broadcast.CatchUpAsync().WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.True(broadcast.CatchUpAsync().IsCompleted);
        }
        await Poll.UntilAsync(async () => Assert.True(await broadcast.CatchUpAsync()), seconds: 30);

        await redis.KillAsync();
        await Poll.UntilAsync(async () => Assert.False(await broadcast.CatchUpAsync()), seconds: 30);
        await redis.StartAsync();
        await Poll.UntilAsync(async () => Assert.True(await broadcast.CatchUpAsync()), seconds: 30);
    }

    private Broadcast Broadcast(int instance) => _instances[instance].GetRequiredService<Broadcast>();
}
