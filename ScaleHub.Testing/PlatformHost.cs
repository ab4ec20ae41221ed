using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules;

namespace ScaleHub.Testing;

/// <summary>What Api and Worker share, on one database, without either: for tests of a mechanism by itself.</summary>
public sealed class PlatformHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly string _files;

    private PlatformHost(IHost host, string files) => (_host, _files) = (host, files);

    public IServiceProvider Services => _host.Services;

    public static Task<PlatformHost> StartAsync(TestDatabase database, params (string Key, string Value)[] settings)
        => StartAsync(database, _ => { }, settings);

    /// <summary>The same, and what else the test registers.</summary>
    public static async Task<PlatformHost> StartAsync(
        TestDatabase database, Action<IHostApplicationBuilder> configure, params (string Key, string Value)[] settings)
    {
        var files = Directory.CreateTempSubdirectory("scalehub-test-files").FullName;
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
        [
            // The test's own strings turn pooling off; here the pool is the point.
            new("ConnectionStrings:scalehub", database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            // Nothing answers there, unless a test names a server.
            new("ConnectionStrings:redis", "127.0.0.1:1"),
            new("ScaleHub:Secret", PostgresServer.Secret),
            new("Blobs:Folder", files),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        builder.Services.AddMetrics();
        builder.Services.AddLogging();
        builder.AddPlatform();
        builder.AddModules();
        configure(builder);
        var host = builder.Build();
        await host.StartAsync();
        return new(host, files);
    }

    /// <summary>A unit of work of a company.</summary>
    public AsyncServiceScope Scope(Guid? company)
    {
        var scope = Services.CreateAsyncScope();
        if (company is { } id) scope.ServiceProvider.GetRequiredService<Tenant>().ActAs(id, userId: null);
        return scope;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_files, recursive: true);
    }
}
