using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>What modules register with <c>AddCacheWarming</c> is in the cache before anybody asks.</summary>
public sealed class WarmUpTests
{
    [Fact]
    public async Task The_first_who_asks_for_plans_prices_or_the_feed_after_a_start_gets_a_hit()
    {
        // In Development an answer says where it comes from.
        await using var api = await ApiInstances.StartAsync(1, ("ASPNETCORE_ENVIRONMENT", "Development"));
        using var client = api.CreateClient();
        await Poll.UntilAsync(async () => Assert.Equal(3, await MissesAsync(client)));

        foreach (var path in (string[])["/api/v1/plans", "/api/v1/prices", "/api/v1/feed"])
        {
            using var answer = await client.GetAsync(path);
            Assert.StartsWith("ScaleHub; hit", answer.CacheStatus(), StringComparison.Ordinal);
        }
        Assert.Equal(3, await MissesAsync(client));
    }

    private static async Task<int> MissesAsync(HttpClient client)
        => JsonDocument.Parse(await client.GetStringAsync("/api/health/cache")).RootElement.GetProperty("lookups").GetProperty("misses").GetInt32();
}
