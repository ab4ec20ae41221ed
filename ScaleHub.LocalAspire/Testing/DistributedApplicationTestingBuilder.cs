using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.LocalAspire;

namespace Aspire.Hosting.Testing;

/// <summary>Describes an application that a test runs.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Makes the application; nothing runs yet.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>Makes applications for tests: random ports, nothing kept, no console and no dashboard.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>
    /// Runs the entry point of the AppHost that <typeparamref name="TEntryPoint"/> belongs to, up to its build.
    /// </summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        CancellationToken cancellationToken = default)
        where TEntryPoint : class
        => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <summary>
    /// Runs the entry point of the AppHost that <typeparamref name="TEntryPoint"/> belongs to, up to its build.
    /// </summary>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var hook = new EntryPointHook(typeof(TEntryPoint).Assembly);
        hook.Begin(args);
        return new TestingBuilder(await hook.Builder.WaitAsync(cancellationToken), hook);
    }

    /// <summary>An application without an AppHost.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args)
    {
        var inner = new DistributedApplicationBuilder(new DistributedApplicationOptions
        {
            Args = args,
            ProjectDirectory = Environment.CurrentDirectory,
            AssemblyName = typeof(DistributedApplicationTestingBuilder).Assembly.GetName().Name,
            IsTest = true,
        });
        return new TestingBuilder(inner, hook: null);
    }
}

internal sealed class TestingBuilder(DistributedApplicationBuilder inner, EntryPointHook? hook) : IDistributedApplicationTestingBuilder
{
    private DistributedApplication? _app;

    public DistributedApplicationBuilder Inner => inner;

    public ConfigurationManager Configuration => inner.Configuration;

    public string AppHostDirectory => inner.AppHostDirectory;

    public Assembly? AppHostAssembly => inner.AppHostAssembly;

    IHostEnvironment IDistributedApplicationBuilder.Environment => inner.Environment;

    public IServiceCollection Services => inner.Services;

    public IDistributedApplicationEventing Eventing => inner.Eventing;

    public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;

    public IResourceCollection Resources => inner.Resources;

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource => inner.AddResource(resource);

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => inner.CreateResourceBuilder(resource);

    public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

    public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
        => _app ??= hook is null ? inner.Build() : await hook.BuildAsync().WaitAsync(cancellationToken);

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
        hook?.End();
    }
}

/// <summary>What tests ask a running application for.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client whose base address is an endpoint of a resource.</summary>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null)
        => new() { BaseAddress = app.GetEndpoint(resourceName, endpointName) };

    /// <summary>Where a resource listens; its endpoint <c>https</c> or <c>http</c> unless said otherwise.</summary>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var endpoints = Find(app, resourceName) is IResourceWithEndpoints resource ? resource.GetEndpoints().ToList() : [];
        var endpoint = endpointName is null
            ? endpoints.Find(e => e.EndpointName == "https") ?? endpoints.Find(e => e.EndpointName == "http")
            : endpoints.Find(e => e.EndpointName.Equals(endpointName, StringComparison.OrdinalIgnoreCase));
        return endpoint is null
            ? throw new ArgumentException($"Resource '{resourceName}' has no endpoint '{endpointName ?? "http"}'.", nameof(endpointName))
            : new Uri(endpoint.Url);
    }

    /// <summary>A resource's connection string.</summary>
    public static ValueTask<string?> GetConnectionStringAsync(
        this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default)
        => Find(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' has no connection string.", nameof(resourceName));

    private static IResource Find(DistributedApplication app, string name)
        => app.Services.GetRequiredService<DistributedApplicationModel>().Resources.TryGetByName(name, out var resource)
            ? resource : throw new ArgumentException($"There is no resource '{name}'.", nameof(name));
}
