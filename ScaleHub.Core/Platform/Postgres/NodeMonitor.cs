using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Looks at every node twice a second, on connections of its own, so that routing never has to ask.
/// <para>Guarantee: a node that stops answering, for whatever reason, is out of routing within <see cref="Interval"/> +
/// <see cref="Patience"/>, a second; one that answers again is back within the same time.</para>
/// <para>A standby's lag in seconds is how long ago the primary was first seen beyond the position that the standby has replayed.
/// It is measured by this process's clock: unlike <c>now() - pg_last_xact_replay_timestamp()</c> it neither grows while the
/// primary is idle nor depends on synchronised clocks (PostgreSQL 15 documentation, 27.2.5.2 and 9.27.4).</para>
/// </summary>
public sealed class NodeMonitor(PostgresNodes nodes, ILogger<NodeMonitor> logger) : BackgroundService
{
    /// <summary>Between two looks at a node.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>A node that takes longer than this to answer counts as unreachable.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly PrimaryHistory _history = new();
    private readonly NodeProbe[] _probes = [.. nodes.All.Select(n => new NodeProbe(n, logger))];
    private readonly Rounds _rounds = new("The monitor of the database nodes", logger);
    private volatile Request _request = new();

    /// <summary>Looks once before anything else of the host starts, so that the first request finds its nodes.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAtAllAsync(regular: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// A look that begins after this call, for who cannot wait for the next one; all who ask at the same time share it. Never
    /// completes when the monitor does not run.
    /// </summary>
    internal Task LookAsync()
    {
        var request = _request;
        request.Made.TrySetResult();
        return request.Done.Task;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            while (true)
            {
                await Task.WhenAny(tick, _request.Made.Task);
                var regular = tick.IsCompleted;
                if (regular)
                {
                    if (!await tick) return;
                    tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
                }
                // A call of LookAsync from here on gets the next look: this one may miss what its caller needs to see.
                var request = Interlocked.Exchange(ref _request, new());
                await _rounds.RunAsync(() => LookAtAllAsync(regular, stoppingToken), stoppingToken);
                request.Done.SetResult();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
        finally
        {
            foreach (var probe in _probes) await probe.DisposeAsync();
        }
    }

    private async Task LookAtAllAsync(bool regular, CancellationToken cancellationToken)
    {
        var states = await Task.WhenAll(_probes.Select(p => p.LookAsync(Patience, cancellationToken)));
        // The history has room for so many looks, and must go back further than a standby may be behind.
        if (regular && states.Where(s => s.Role == NodeRole.Primary).MaxBy(s => s.Timeline) is { } primary)
            _history.Add(primary.At, primary.Lsn);
        NodeState[] completed = [.. states.Zip(_probes, (state, probe) => Complete(state, probe.Node.State))];
        foreach (var (state, probe) in completed.Zip(_probes)) LogChange(probe.Node, state.Role);
        nodes.Observe(completed);
    }

    private NodeState Complete(NodeState state, NodeState before)
    {
        if (state.Role != NodeRole.Standby) return state;
        var newest = _history.Newest;
        return state with
        {
            // A standby that lost its primary receives from nobody: it is still on the timeline that it was on.
            Timeline = state.Timeline != 0 || before.Role != NodeRole.Standby ? state.Timeline : before.Timeline,
            LagBytes = newest > state.Lsn ? (ulong)newest - (ulong)state.Lsn : 0,
            LagSeconds = _history.AgeOf(state.Lsn).TotalSeconds,
        };
    }

    private void LogChange(PostgresNode node, NodeRole now)
    {
        if (node.State.Role != now)
            logger.Log(now == NodeRole.Unknown ? LogLevel.Warning : LogLevel.Information,
                "Database node {Node} was {Before} and is {Now}", node.Name, node.State.Role, now);
    }

    private sealed class Request
    {
        public TaskCompletionSource Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
