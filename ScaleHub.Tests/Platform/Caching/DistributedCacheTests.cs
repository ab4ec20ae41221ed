using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Caching;

/// <summary>.NET's cache interface, as modules get it.</summary>
public sealed class DistributedCacheTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [Fact]
    public async Task A_modules_value_is_known_to_every_instance_and_uses_the_connection_that_is_there()
    {
        await using var instances = await CacheInstances.StartAsync(redis, 2);
        using var connection = await redis.ConnectAsync();
        var before = await ClientsAsync();
        var one = instances[0].GetRequiredService<IDistributedCache>();
        var two = instances[1].GetRequiredService<IDistributedCache>();
        await one.SetAsync("report:7", [1, 2, 3], new() { SlidingExpiration = TimeSpan.FromMinutes(1) });
        Assert.Equal([1, 2, 3], await two.GetAsync("report:7"));
        Assert.True(await connection.GetDatabase().KeyExistsAsync("scalehub:module:report:7"));
        await two.RemoveAsync("report:7");
        Assert.Null(one.Get("report:7"));
        Assert.Equal(before, await ClientsAsync());
        Assert.True(instances[0].GetRequiredService<RedisStore>().Answers);

        async Task<int> ClientsAsync() => (await connection.GetServers()[0].ClientListAsync()).Length;
    }
}
