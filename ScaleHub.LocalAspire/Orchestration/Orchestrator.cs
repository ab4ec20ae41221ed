using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Runs the graph: everything at once, each resource as soon as what it waits for is there. The first failure before all
/// are up breaks the start; later, a resource that dies stays dead and the others go on. Stops in reverse order within
/// <see cref="ShutdownTime"/>.
/// </summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model, RunOptions options, IDistributedApplicationEventing eventing,
    DistributedApplicationExecutionContext execution, IServiceProvider services, StartConsole console)
    : IHostedService, IDisposable
{
    public static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(9);

    private readonly TaskCompletionSource<string> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<IResource, ResourceRun> _runs = [];
    private readonly Ports _ports = new();
    private RunRecord? _record;
    private Task? _stop;
    private volatile bool _isUp;

    public RunOptions Options => options;

    public IServiceProvider Services => services;

    public IDistributedApplicationEventing Eventing => eventing;

    public DistributedApplicationExecutionContext Execution => execution;

    public ResourceNotificationService Notifications { get; } = services.GetRequiredService<ResourceNotificationService>();

    public ResourceLoggerService Loggers { get; } = services.GetRequiredService<ResourceLoggerService>();

    public RunRecord Record => _record ?? throw new InvalidOperationException("The graph has not been started.");

    public ServerBinaries Servers { get; private set; } = new(null, 0, null, null);

    /// <summary>PostgreSQL refuses root, and nothing of the graph needs it.</summary>
    public string? ServerUser { get; private set; }

    public GraphFiles Files { get; private set; } = new(options, null);

    /// <summary>Where programs send their telemetry; the dashboard sets it before the resources start.</summary>
    public OtlpReceiver? OtlpReceiver { get; set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in model.Resources)
        {
            _runs[resource] = RunOf(resource);
        }
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken);
        OpenRecord();
        Servers = await ServerProvisioning.EnsureAsync(
            model.Resources.Select(r => Launcher.Of(r)?.Needs).OfType<ServerKind>().ToHashSet(), console.Tell, cancellationToken);
        // After the servers are there: installing PostgreSQL makes the user.
        ServerUser = Environment.IsPrivilegedProcess ? UnprivilegedUser() : null;
        Files = new(options, ServerUser);
        Files.Prepare();
        foreach (var resource in model.Resources.OfType<IResourceWithEndpoints>())
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                _ports.Allocate(resource, endpoint, options, console.Tell);
            }
        }
        foreach (var (resource, run) in _runs)
        {
            AddCommands(resource, run);
            var snapshot = await Snapshots.InitialAsync(run, Servers, execution, cancellationToken);
            await run.PublishAsync(_ => snapshot);
        }
        console.Open(Notifications, model);
        foreach (var run in AutoStarted())
        {
            await run.StartAsync();
        }
    }

    /// <summary>Returns when everything is up (null), or when the start is broken (the line that says why).</summary>
    public async Task<string?> WatchInitialStartAsync(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            ct, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var everything = Task.WhenAll(AutoStarted().Select(r => UpAsync(r, stop.Token)));
        if (await Task.WhenAny(everything, _failure.Task) == _failure.Task)
        {
            return await _failure.Task;
        }
        await everything;
        _isUp = true;
        console.Finish();
        return null;
    }

    /// <summary>A resource could not be started, though all that it waited for was there.</summary>
    public void ReportFailure(ResourceRun run, Exception failure)
        => Break(failure is StartException or MissingParameterValueException
            ? Quote(run, failure.Message) : $"{run.Resource.Name} could not be started: {failure.Message}");

    /// <summary>A resource has ended of itself.</summary>
    public void ReportEnd(ResourceRun run, int? exitCode)
    {
        var isMissed = model.Resources.SelectMany(r => r.Annotations.OfType<WaitAnnotation>())
            .Any(w => w.Resource == run.Resource && w.WaitType == WaitType.WaitUntilHealthy);
        if (exitCode != 0 || isMissed)
        {
            var words = Loggers.LastWords(run.Resource.Name);
            Break($"{run.Resource.Name} ended with exit code {exitCode}{(words is null ? "." : $": {words}")}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _stop ??= StopEverythingAsync();

    public void Dispose()
    {
        foreach (var run in _runs.Values)
        {
            run.Dispose();
        }
        _ports.Dispose();
        _record?.Dispose();
    }

    private void OpenRecord()
    {
        try
        {
            _record = RunRecord.Open(options.RunDirectory);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartException(
                $"{options.StateDirectory} cannot be written by {Environment.UserName}: give it to that user, or remove it.");
        }
    }

    private string Quote(ResourceRun run, string message)
        => message.StartsWith(run.Resource.Name + ":", StringComparison.Ordinal) ? message
            : Loggers.LastWords(run.Resource.Name) is { } words && words != message ? $"{run.Resource.Name}: {message}: {words}"
            : $"{run.Resource.Name}: {message}";

    private void Break(string line)
    {
        if (!_isUp && _stop is null)
        {
            _failure.TrySetResult(line.ReplaceLineEndings(" "));
        }
    }

    private IEnumerable<ResourceRun> AutoStarted()
        => _runs.Values.Where(r => !r.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>());

    private async Task UpAsync(ResourceRun run, CancellationToken ct)
    {
        var up = await Notifications.WaitForResourceAsync(
            run.Resource.Name, e => ResourceNotificationService.IsReady(e) || ResourceNotificationService.HasEnded(e), ct);
        await (up.Snapshot.ReadyEvent ?? Task.CompletedTask);
    }

    private ResourceRun RunOf(IResource resource) => Launcher.Of(resource) is { } launcher
        ? new ProcessRun(resource, launcher, this)
        : resource is IResourceWithParent part ? new ChildRun(part, this)
        : resource is IValueProvider ? new ValueRun(resource, this)
        : throw new StartException($"{resource.Name}: the stand-in cannot run a {resource.GetType().Name}.");

    private static void AddCommands(IResource resource, ResourceRun run)
    {
        if (run is ProcessRun)
        {
            BuiltInCommands.AddTo(resource, run);
        }
    }

    private static string UnprivilegedUser()
        => File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private async Task StopEverythingAsync()
    {
        console.Close();
        var deadline = DateTime.UtcNow + ShutdownTime;
        var stops = new Dictionary<IResource, Task>();
        await Task.WhenAll(_runs.Keys.ToList().Select(Stop));
        Notifications.Dispose();
        Loggers.Dispose();
        _ports.Dispose();
        if (_record is not null)
        {
            Files.RemoveTemp();
            _record.Dispose();
            if (options.IsTest)
            {
                Files.RemoveAll();
            }
        }

        Task Stop(IResource resource)
            => stops.TryGetValue(resource, out var known) ? known : stops[resource] = AfterThoseThatWaitForAsync(resource);

        async Task AfterThoseThatWaitForAsync(IResource resource)
        {
            var users = _runs.Keys.Where(r => r.Annotations.OfType<WaitAnnotation>().Any(w => Uses(w.Resource, resource)));
            await Task.WhenAll(users.Select(Stop).ToList());
            // What is left of the time is shared with those that stop after this one.
            var share = (deadline - DateTime.UtcNow) / (1 + Depth(resource));
            await _runs[resource].StopAsync(share > TimeSpan.FromSeconds(0.5) ? share : TimeSpan.FromSeconds(0.5));
        }
    }

    // A database is used through its server.
    private static bool Uses(IResource dependency, IResource resource)
        => dependency == resource || (dependency is IResourceWithParent { Parent: var parent } && Uses(parent, resource));

    private static int Depth(IResource resource)
        => resource.Annotations.OfType<WaitAnnotation>().Select(w => 1 + Depth(Server(w.Resource))).DefaultIfEmpty(0).Max();

    private static IResource Server(IResource resource)
        => resource is IResourceWithParent { Parent: var parent } ? parent : resource;
}
