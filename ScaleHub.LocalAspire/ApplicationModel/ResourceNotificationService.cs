using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Knows how every resource is, and tells whoever waits for a change.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private bool _disposed;

    internal ResourceNotificationService(WaitBehavior defaultWaitBehavior) => DefaultWaitBehavior = defaultWaitBehavior;

    /// <summary>
    /// What a wait of the graph does when its resource ends: with a dashboard someone may start it again, so it waits on;
    /// in a test nobody will, so it throws.
    /// </summary>
    internal WaitBehavior DefaultWaitBehavior { get; }

    /// <summary>Changes a resource's snapshot and tells everyone.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var before = _current.GetValueOrDefault(resource.Name)?.Snapshot
                ?? new CustomResourceSnapshot { ResourceType = resource.GetType().Name, Properties = [] };
            var now = new ResourceEvent(resource, resource.Name, stateFactory(before));
            _current[resource.Name] = now;
            _watchers.ForEach(w => w.Writer.TryWrite(now));
        }
        return Task.CompletedTask;
    }

    /// <summary>How a resource is now.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            return _current.TryGetValue(resourceId, out resourceEvent);
        }
    }

    /// <summary>How every resource is now, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var watcher = Channel.CreateUnbounded<ResourceEvent>();
        lock (_lock)
        {
            foreach (var state in _current.Values)
            {
                watcher.Writer.TryWrite(state);
            }
            _watchers.Add(watcher);
            if (_disposed)
            {
                watcher.Writer.TryComplete();
            }
        }
        try
        {
            await foreach (var change in watcher.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    /// <summary>Waits until a resource satisfies a condition.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (change.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change))
            {
                return change;
            }
        }
        throw new OperationCanceledException($"The application ended before resource '{resourceName}' got there.");
    }

    /// <summary>Waits until a resource is in one of some states, and says which.</summary>
    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(
            resourceName, e => e.Snapshot.State is { } state && states.Contains(state.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    /// <summary>Waits until a resource is in a state; <c>Running</c> unless said otherwise.</summary>
    public Task WaitForResourceAsync(
        string resourceName, string? targetState = null, CancellationToken cancellationToken = default)
        => WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>Waits until a resource is healthy and ready; throws when it ends instead, unless told to wait on.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(
            resourceName, e => IsReady(e) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && HasEnded(e)), cancellationToken);
        if (!IsReady(reached))
        {
            throw new DistributedApplicationException(
                $"Resource '{resourceName}' did not become healthy: it is {reached.Snapshot.State!.Text}"
                + (reached.Snapshot.ExitCode is { } code ? $" (exit code {code})." : "."));
        }
        await reached.Snapshot.ReadyEvent!.WaitAsync(cancellationToken);
        return reached;
    }

    /// <summary>Waits until a resource is healthy and ready; throws when it ends instead and nobody can start it again.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
        => WaitForResourceHealthyAsync(resourceName, DefaultWaitBehavior, cancellationToken);

    /// <summary>Waits for everything that a resource's annotations say it must wait for.</summary>
    public Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
        => Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().Select(w => WaitForAsync(w, cancellationToken)));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _watchers.ForEach(w => w.Writer.TryComplete());
        }
        GC.SuppressFinalize(this);
    }

    internal static bool HasEnded(ResourceEvent change)
        => change.Snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);

    internal static bool IsReady(ResourceEvent change)
        => change.Snapshot is { HealthStatus: HealthStatus.Healthy, ReadyEvent: not null };

    private async Task WaitForAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        if (wait.WaitType == WaitType.WaitUntilHealthy)
        {
            await WaitForResourceHealthyAsync(name, cancellationToken);
        }
        else if (wait.WaitType == WaitType.WaitUntilStarted)
        {
            var started = await WaitForResourceAsync(
                name, e => IsRunning(e) || (DefaultWaitBehavior == WaitBehavior.StopOnResourceUnavailable && HasEnded(e)), cancellationToken);
            if (!IsRunning(started))
            {
                throw new DistributedApplicationException(
                    $"Resource '{name}' did not start: it is {started.Snapshot.State!.Text}.");
            }
        }
        else
        {
            var ended = await WaitForResourceAsync(name, HasEnded, cancellationToken);
            if (ended.Snapshot.ExitCode != wait.ExitCode)
            {
                throw new DistributedApplicationException(ended.Snapshot.ExitCode is { } code
                    ? $"Resource '{name}' ended with exit code {code} instead of {wait.ExitCode}."
                    : $"Resource '{name}' failed to start.");
            }
        }
    }

    private static bool IsRunning(ResourceEvent change) => change.Snapshot.State?.Text == KnownResourceStates.Running;
}
