using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ScaleHub.LocalAspire;

namespace Aspire.Hosting;

/// <summary>Describes an application.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>Configuration of the AppHost.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>Folder of the AppHost project.</summary>
    string AppHostDirectory { get; }

    /// <summary>The AppHost's assembly.</summary>
    Assembly? AppHostAssembly { get; }

    /// <summary>Environment of the AppHost.</summary>
    IHostEnvironment Environment { get; }

    /// <summary>Services of the AppHost.</summary>
    IServiceCollection Services { get; }

    /// <summary>Events of the application.</summary>
    IDistributedApplicationEventing Eventing { get; }

    /// <summary>How the application is being used.</summary>
    DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>What has been described so far.</summary>
    IResourceCollection Resources { get; }

    /// <summary>Adds a resource; its name must be new.</summary>
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    /// <summary>Fluent access to a resource.</summary>
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    /// <summary>Makes the application; nothing runs yet.</summary>
    DistributedApplication Build();
}

/// <summary>Describes an application that the stand-in runs.</summary>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly EntryPointHook? _hook = EntryPointHook.Current;

    /// <summary>Starts from a command line.</summary>
    public DistributedApplicationBuilder(string[] args) : this(new DistributedApplicationOptions { Args = args })
    {
    }

    /// <summary>Starts from options.</summary>
    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        AppHostAssembly = _hook?.Assembly
            ?? (options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly())
            ?? throw new InvalidOperationException("There is no entry assembly; set DistributedApplicationOptions.AssemblyName.");
        AppHostDirectory = options.ProjectDirectory ?? AppHostMetadata.Directory(AppHostAssembly);
        var isTest = options.IsTest || _hook is not null;
        Run = RunOptions.Take(options.Args ?? [], AppHostAssembly, AppHostDirectory, options.DisableDashboard, isTest);
        _host = new HostApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = [.. Run.Args],
            ApplicationName = AppHostAssembly.GetName().Name,
            ContentRootPath = AppHostDirectory,
            // A graph under test is a development graph, whatever environment the test runner has.
            EnvironmentName = isTest ? Environments.Development : null,
        });
        if (Run.UserSecretsId is { } secrets)
        {
            // Before the environment and the command line, which therefore win.
            _host.Configuration.Sources.Insert(0, new UserSecrets(secrets).Source());
        }
        _host.Logging.ClearProviders();
        _host.Services.Configure<HostOptions>(o => o.ShutdownTimeout = Orchestrator.ShutdownTime + TimeSpan.FromSeconds(5));
        _host.Services.AddHealthChecks();
        _host.Services.AddLocalAspire(this);
    }

    /// <inheritdoc/>
    public ConfigurationManager Configuration => _host.Configuration;

    /// <inheritdoc/>
    public string AppHostDirectory { get; }

    /// <inheritdoc/>
    public Assembly? AppHostAssembly { get; }

    /// <inheritdoc/>
    public IHostEnvironment Environment => _host.Environment;

    /// <inheritdoc/>
    public IServiceCollection Services => _host.Services;

    /// <inheritdoc/>
    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    /// <inheritdoc/>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = new(DistributedApplicationOperation.Run);

    /// <inheritdoc/>
    public IResourceCollection Resources { get; } = new ResourceCollection();

    internal RunOptions Run { get; }

    /// <inheritdoc/>
    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.TryGetByName(resource.Name, out _))
        {
            throw new DistributedApplicationException($"There is a resource '{resource.Name}' already.");
        }
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    /// <inheritdoc/>
    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    /// <inheritdoc/>
    public DistributedApplication Build()
    {
        _hook?.OnBuilding(this);
        var app = new DistributedApplication(_host.Build());
        _hook?.OnBuilt(app);
        return app;
    }

    private sealed class ResourceBuilder<T>(IDistributedApplicationBuilder application, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder => application;

        public T Resource => resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior)
            where TAnnotation : IResourceAnnotation
        {
            if (behavior == ResourceAnnotationMutationBehavior.Replace)
            {
                foreach (var old in resource.Annotations.OfType<TAnnotation>().ToList())
                {
                    resource.Annotations.Remove(old);
                }
            }
            resource.Annotations.Add(annotation);
            return this;
        }
    }
}
