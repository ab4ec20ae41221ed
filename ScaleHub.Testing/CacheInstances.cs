using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Testing;

/// <summary>
/// Instances of the cache over one Redis, each with connections of its own, and without a database: what they load is the test's.
/// </summary>
public sealed class CacheInstances : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];

    public IServiceProvider this[int instance] => _hosts[instance].Services;

    public static async Task<CacheInstances> StartAsync(
        RedisServer redis, int count, params (string Key, string Value)[] settings)
    {
        var instances = new CacheInstances();
        for (var i = 0; i < count; i++)
        {
            var builder = Host.CreateEmptyApplicationBuilder(new());
            builder.Configuration.AddInMemoryCollection(
            [
                new("ConnectionStrings:scalehub", "Host=127.0.0.1;Port=1;Username=nobody;Database=none"),
                new("ConnectionStrings:redis", redis.ConnectionString),
                new("ScaleHub:Secret", PostgresServer.Secret),
                // A machine that is busy with other tests must not look like a Redis that is away.
                new("Redis:TimeoutMs", "2000"),
            ]);
            builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
            builder.Services.AddMetrics();
            builder.Services.AddLogging();
            builder.AddPlatform();
            builder.AddCache();
            var host = builder.Build();
            instances._hosts.Add(host);
            await host.StartAsync();
        }
        foreach (var host in instances._hosts)
            await Poll.UntilAsync(() => host.Services.GetRequiredService<Broadcast>().IsLive);
        return instances;
    }

    /// <summary>A unit of work of a company on an instance.</summary>
    public AsyncServiceScope Scope(int instance, Guid company)
    {
        var scope = this[instance].CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenant>().ActAs(company, userId: null);
        return scope;
    }

    /// <summary>A lookup of a number in a company's cache.</summary>
    public async Task<(long Value, CacheOutcome Outcome)> GetAsync(
        int instance, Guid company, string key, Func<Task<long>> load, CacheTimes? times = null)
    {
        await using var scope = Scope(instance, company);
        var cache = scope.ServiceProvider.GetRequiredService<CompanyCache>();
        var found = await cache.LoadAsync(key, async _ => cache.Write(await load()), times);
        return (long.Parse(found.Value.Json, CultureInfo.InvariantCulture), found.Outcome);
    }

    /// <summary>Invalidates a tag of a company, as behind a write.</summary>
    public async Task RemoveAsync(int instance, Guid company, string tag)
    {
        await using var scope = Scope(instance, company);
        await scope.ServiceProvider.GetRequiredService<CompanyCache>().RemoveByTagAsync(tag);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
