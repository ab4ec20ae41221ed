using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>Meter <c>ScaleHub.Postgres</c>: what routing knows of each node, and what it does with it. Tag <c>node</c>.</summary>
public sealed class NodeMetrics
{
    private readonly Counter<long> _reads;
    private readonly Counter<long> _retries;
    private readonly ConcurrentDictionary<PostgresNode, StrongBox<long>> _readsOf = new();

    /// <summary>Makes the instruments.</summary>
    public NodeMetrics(IMeterFactory meters, PostgresNodes nodes)
    {
        var meter = meters.Create("ScaleHub.Postgres");
        _reads = meter.CreateCounter<long>("scalehub.postgres.reads", "{read}", "Units of work that read, by node and its role.");
        _retries = meter.CreateCounter<long>("scalehub.postgres.read.retries", "{read}", "Reads that a node failed and another one got.");
        Gauge("scalehub.postgres.node.up", "{node}", "1 when the node answers.", s => s.Role == NodeRole.Unknown ? 0 : 1);
        Gauge("scalehub.postgres.node.lag", "s", "Time since the primary passed what the node has replayed.", s => s.LagSeconds);
        Gauge("scalehub.postgres.node.lag_bytes", "By", "Log that the standby has not replayed.", s => s.LagBytes);
        Gauge("scalehub.postgres.node.latency", "s", "Time that the node took to answer the monitor.", s => s.LatencyMs / 1000);
        meter.CreateObservableGauge("scalehub.postgres.node.in_use", () => nodes.All.Select(n => Tagged(n.InUse, n)), "{unit}",
            "Units of work of this process on the node.");

        void Gauge(string name, string unit, string description, Func<NodeState, double> value)
            => meter.CreateObservableGauge(name, () => nodes.All.Select(n => Tagged(value(n.State), n)), unit, description);
    }

    /// <summary>A read was answered.</summary>
    public void Read(PostgresNode node)
    {
        Interlocked.Increment(ref _readsOf.GetOrAdd(node, static _ => new()).Value);
        _reads.Add(1, new("node", node.Name), new("role", node.State.Role == NodeRole.Primary ? "primary" : "standby"));
    }

    /// <summary>How many were, since this process started.</summary>
    public long ReadsOf(PostgresNode node) => _readsOf.TryGetValue(node, out var reads) ? Volatile.Read(ref reads.Value) : 0;

    /// <summary>A read goes to another node, because this one failed.</summary>
    public void Retried(PostgresNode node) => _retries.Add(1, new KeyValuePair<string, object?>("node", node.Name));

    private static Measurement<T> Tagged<T>(T value, PostgresNode node) where T : struct
        => new(value, new KeyValuePair<string, object?>("node", node.Name), new("role", node.State.Role.ToString()));
}
