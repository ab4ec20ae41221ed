using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace ScaleHub.LocalAspire;

/// <summary>One resource's life: waits, starts, is watched, ends; and may be started again. Nothing is restarted by itself.</summary>
internal abstract class ResourceRun(IResource resource, Orchestrator graph) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private CancellationTokenSource _life = new();
    private Task _living = Task.CompletedTask;

    public IResource Resource { get; } = resource;

    protected Orchestrator Graph { get; } = graph;

    protected ILogger Logger { get; } = graph.Loggers.GetLogger(resource);

    /// <summary>Name of the type that the dashboard shows.</summary>
    public abstract string TypeName { get; }

    /// <summary>Starts it, unless it lives already; returns at once.</summary>
    public async Task StartAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_living.IsCompleted)
            {
                _life.Dispose();
                _life = new();
                _living = LiveAsync(_life.Token);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops it, whether it waits, starts or runs; returns when it has ended.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _gate.WaitAsync();
        try
        {
            if (!_living.IsCompleted)
            {
                await _life.CancelAsync();
                await EndAsync(patience);
                await _living;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _gate.Dispose();
        _life.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>From running to ended. Cancelled when it is stopped.</summary>
    protected abstract Task<CustomResourceSnapshot> RunAsync(CancellationToken ct);

    /// <summary>Asks a process to end.</summary>
    protected virtual Task EndAsync(TimeSpan patience) => Task.CompletedTask;

    /// <summary>Changes the snapshot, with the commands that now make sense.</summary>
    public Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
        => Graph.Notifications.PublishUpdateAsync(Resource, before => WithCommands(change(before)));

    protected Task PublishStateAsync(string state, string? style = null)
        => PublishAsync(s => s with { State = new ResourceStateSnapshot(state, style) });

    /// <summary>Says that it runs, and watches its health until it no longer does.</summary>
    protected async Task WatchHealthAsync(CancellationToken ct)
    {
        var keys = Resource.Annotations.OfType<HealthCheckAnnotation>().Select(h => h.Key).ToHashSet();
        try
        {
            await HealthWatch.RunAsync(this, keys, Graph, Logger, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // It no longer runs.
        }
    }

    private async Task LiveAsync(CancellationToken ct)
    {
        var hasWaited = false;
        try
        {
            if (Resource.Annotations.OfType<WaitAnnotation>().Any())
            {
                await PublishStateAsync(KnownResourceStates.Waiting);
            }
            await Graph.Notifications.WaitForDependenciesAsync(Resource, ct);
            hasWaited = true;
            await PublishAsync(s => s.WithoutReports(Resource) with
            {
                State = KnownResourceStates.Starting,
                ExitCode = null,
                StartTimeStamp = null,
                StopTimeStamp = null,
                ReadyEvent = null,
            });
            if (Resource is IResourceWithConnectionString)
            {
                await Graph.Eventing.PublishAsync(new ConnectionStringAvailableEvent(Resource, Graph.Services), ct);
            }
            await Graph.Eventing.PublishAsync(new BeforeResourceStartedEvent(Resource, Graph.Services), ct);
            var ended = await RunAsync(ct);
            await PublishEndAsync(ended, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await PublishStateAsync(KnownResourceStates.Exited);
        }
        catch (Exception failure)
        {
            // Whatever kept it from starting, the graph must know, and go on.
            Logger.LogError("{Message}", failure.Message);
            await PublishStateAsync(
                failure is MissingParameterValueException ? KnownResourceStates.ValueMissing : KnownResourceStates.FailedToStart,
                KnownResourceStateStyles.Error);
            // Who waited in vain is not the one to blame.
            if (hasWaited)
            {
                Graph.ReportFailure(this, failure);
            }
        }
    }

    private async Task PublishEndAsync(CustomResourceSnapshot ended, CancellationToken ct)
    {
        await PublishAsync(_ => ended);
        if (!ct.IsCancellationRequested)
        {
            Graph.ReportEnd(this, ended.ExitCode);
        }
        if (Graph.Notifications.TryGetCurrentState(Resource.Name, out var last))
        {
            await Graph.Eventing.PublishAsync(new ResourceStoppedEvent(Resource, Graph.Services, last), CancellationToken.None);
        }
    }

    private CustomResourceSnapshot WithCommands(CustomResourceSnapshot snapshot)
    {
        var context = new UpdateCommandStateContext { ResourceSnapshot = snapshot, ServiceProvider = Graph.Services };
        return snapshot with
        {
            Commands = [.. Resource.Annotations.OfType<ResourceCommandAnnotation>().Select(c => new ResourceCommandSnapshot(
                c.Name, c.UpdateState(context), c.DisplayName, c.DisplayDescription, c.Parameter, c.ConfirmationMessage, c.IconName,
                c.IconVariant, c.IsHighlighted))],
        };
    }
}

/// <summary>A native process.</summary>
internal sealed class ProcessRun(IResource resource, Launcher launcher, Orchestrator graph) : ResourceRun(resource, graph)
{
    private ChildProcess? _child;
    private int _stopSignal;

    // What the model calls a container is a process of this machine.
    public override string TypeName => Resource is ProjectResource ? "Project" : "Executable";

    protected override async Task<CustomResourceSnapshot> RunAsync(CancellationToken ct)
    {
        var configuration = await ResourceConfiguration.ResolveAsync(Resource, Graph.Execution, ct);
        await PublishAsync(s => s with
        {
            EnvironmentVariables = [.. configuration.Environment.Select(v => new EnvironmentVariableSnapshot(v.Key, v.Value, true))],
        });
        var context = new LaunchContext(
            Resource, configuration, Graph, (line, isError) => Graph.Loggers.Append(Resource.Name, line, isError));
        var launch = await launcher.PrepareAsync(context, ct);
        _stopSignal = launch.StopSignal;
        var child = await ChildProcess.StartAsync(launch.Start, Graph.Record, ct);
        _child = child;
        if (launch.AfterStart is { } more)
        {
            await FinishStartAsync(child, more, ct);
        }
        await PublishAsync(s => s with
        {
            State = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            StartTimeStamp = DateTime.UtcNow,
        });

        using var running = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var health = WatchHealthAsync(running.Token);
        var code = await child.Exited;
        await running.CancelAsync();
        await health;
        Graph.Notifications.TryGetCurrentState(Resource.Name, out var last);
        return last!.Snapshot with
        {
            State = new(
                Resource is ContainerResource ? KnownResourceStates.Exited : KnownResourceStates.Finished,
                code == 0 || ct.IsCancellationRequested ? KnownResourceStateStyles.Info : KnownResourceStateStyles.Error),
            ExitCode = code,
            StopTimeStamp = DateTime.UtcNow,
        };
    }

    protected override async Task EndAsync(TimeSpan patience)
    {
        if (_child is { Exited.IsCompleted: false } child)
        {
            await PublishStateAsync(KnownResourceStates.Stopping);
            await child.StopAsync(_stopSignal, patience);
        }
    }

    // The process may end before what remains to be done is done, and then that would wait for ever.
    private async Task FinishStartAsync(ChildProcess child, Func<CancellationToken, Task> more, CancellationToken ct)
    {
        using var unfinished = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var work = more(unfinished.Token);
        if (await Task.WhenAny(work, child.Exited) == work && !work.IsFaulted)
        {
            await work;
            return;
        }
        await unfinished.CancelAsync();
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new DistributedApplicationException(Graph.Loggers.LastWords(Resource.Name) ?? $"exit code {await child.Exited}");
        }
        finally
        {
            await child.StopAsync(_stopSignal, TimeSpan.FromSeconds(5));
        }
    }
}

/// <summary>A parameter, or a connection string: it runs when its value is known.</summary>
internal sealed class ValueRun(IResource resource, Orchestrator graph) : ResourceRun(resource, graph)
{
    public override string TypeName => Resource is ParameterResource ? "Parameter" : "ConnectionString";

    protected override async Task<CustomResourceSnapshot> RunAsync(CancellationToken ct)
    {
        var value = await ((IValueProvider)Resource).GetValueAsync(ct);
        var isSecret = Resource is not ParameterResource { Secret: false };
        await PublishAsync(s => s with
        {
            State = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            StartTimeStamp = DateTime.UtcNow,
            Properties = [new("Value", value) { IsSensitive = isSecret }],
        });
        await WatchHealthAsync(ct);
        throw new OperationCanceledException(ct);
    }
}

/// <summary>A part of another resource, such as a database: it is in the state that its parent is in.</summary>
internal sealed class ChildRun(IResourceWithParent resource, Orchestrator graph) : ResourceRun(resource, graph)
{
    public override string TypeName => Resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal);

    protected override async Task<CustomResourceSnapshot> RunAsync(CancellationToken ct)
    {
        var health = (Stop: new CancellationTokenSource(), Watch: Task.CompletedTask);
        string? state = null;
        await foreach (var change in Graph.Notifications.WatchAsync(ct))
        {
            if (change.Resource != resource.Parent || change.Snapshot.State?.Text == state)
            {
                continue;
            }
            state = change.Snapshot.State?.Text;
            await health.Stop.CancelAsync();
            await health.Watch;
            await PublishAsync(s => s.WithoutReports(Resource) with { State = change.Snapshot.State, ReadyEvent = null });
            if (state == KnownResourceStates.Running)
            {
                health.Stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
                health.Watch = WatchHealthAsync(health.Stop.Token);
            }
        }
        throw new OperationCanceledException(ct);
    }
}
