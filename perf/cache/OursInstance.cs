using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NpgsqlTypes;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Perf.Cache;

/// <summary>This product's engine with its defaults, and without a database: what is loaded is the experiment's.</summary>
internal sealed class OursInstance : Instance
{
    private readonly IHost _host;
    private readonly List<AsyncServiceScope> _open = [];

    private OursInstance(IHost host) => _host = host;

    public static async Task<Instance> StartAsync(string redis)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:scalehub", "Host=127.0.0.1;Port=1;Username=nobody;Database=none"),
            new("ConnectionStrings:redis", redis),
            new("ScaleHub:Secret", "only-for-measurements-and-nothing-else-0123456789"),
        ]);
        builder.Services.AddMetrics();
        builder.Services.AddLogging();
        builder.AddPlatform();
        builder.AddCache();
        var host = builder.Build();
        await host.StartAsync();
        while (!host.Services.GetRequiredService<Broadcast>().IsLive) await Task.Delay(20);
        return new OursInstance(host);
    }

    public override async Task<byte[]> GetAsync(Guid company, string key, Func<Task<byte[]>> load, TimeSpan? life)
    {
        await using var scope = Scope(company);
        var found = await Cache(scope).LoadAsync(
            key, async _ => new CacheValue(await load()), life is null ? null : new CacheTimes(life));
        return found.Value.Json;
    }

    public override Func<ValueTask<byte[]>> Prepare(Guid company, string key, Func<Task<byte[]>> load)
    {
        var cache = Cache(Keep(Scope(company)));
        async Task<CacheValue> LoadAsync(IServiceProvider services) => new(await load());
        Func<IServiceProvider, Task<CacheValue>> prepared = LoadAsync;
        return async () => (await cache.LoadAsync(key, prepared)).Value.Json;
    }

    public override Func<ValueTask<TaskPage>> PrepareTyped(Guid company, string key, Func<Task<TaskPage>> load)
    {
        var cache = Cache(Keep(Scope(company)));
        Func<IServiceProvider, Task<TaskPage>> prepared = _ => load();
        return () => cache.LoadAsync(key, prepared);
    }

    public override Task RemoveKeyAsync(Guid company, string key) => InScopeAsync(company, cache => cache.RemoveAsync(key));

    public override Task RemoveTagAsync(Guid company) => InScopeAsync(company, cache => cache.RemoveByTagAsync("tasks"));

    public override Task RemoveCompanyAsync(Guid company) => InScopeAsync(company, cache => cache.RemoveByTagAsync("*"));

    // The scope stays open: the process is killed before it could settle what it announced.
    public override async Task BeforeCommitAsync(Guid company) => await Cache(Keep(Scope(company))).WillChangeAsync("tasks");

    public override async Task<byte[]>? GetAfterWriteAsync(Guid company, string key, Func<Task<byte[]>> load)
    {
        await using var scope = Scope(company);
        scope.ServiceProvider.GetRequiredService<ReadConsistency>().Require(new NpgsqlLogSequenceNumber(0x3000060UL));
        return (await Cache(scope).LoadAsync(key, async _ => new CacheValue(await load()))).Value.Json;
    }

    public override async Task<bool> HasInMemoryAsync(Guid company, string key)
    {
        await using var scope = Scope(company);
        var flags = HybridCacheEntryFlags.DisableUnderlyingData | HybridCacheEntryFlags.DisableDistributedCacheRead;
        return await Cache(scope).GetOrCreateAsync<TaskPage?>(
            key, _ => throw new InvalidOperationException("Not to be loaded."), new() { Flags = flags }) is not null;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var scope in _open) await scope.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
    }

    private AsyncServiceScope Scope(Guid company)
    {
        var scope = _host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenant>().ActAs(company, userId: null);
        return scope;
    }

    private AsyncServiceScope Keep(AsyncServiceScope scope)
    {
        lock (_open) _open.Add(scope);
        return scope;
    }

    private async Task InScopeAsync(Guid company, Func<CompanyCache, ValueTask> work)
    {
        await using var scope = Scope(company);
        await work(Cache(scope));
    }

    private static CompanyCache Cache(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<CompanyCache>();
}
