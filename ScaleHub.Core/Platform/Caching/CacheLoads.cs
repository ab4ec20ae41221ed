using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>What a load must see.</summary>
/// <param name="AtLeast">This position.</param>
/// <param name="PrimaryOnly">Whatever the primary has.</param>
/// <param name="NothingCached">Whatever the primary has, and nothing that was loaded before.</param>
internal readonly record struct LoadNeeds(NpgsqlLogSequenceNumber AtLeast, bool PrimaryOnly, bool NothingCached = false)
{
    /// <summary>
    /// Whether a lookup with the needs <paramref name="other"/> may share a load that began with these. A lookup that accepts
    /// nothing cached never shares a load that began earlier.
    /// </summary>
    public bool Covers(LoadNeeds other) => AtLeast >= other.AtLeast && (PrimaryOnly || !other.PrimaryOnly) && !other.NothingCached;

    public static LoadNeeds operator +(LoadNeeds a, LoadNeeds b) => new(a.AtLeast > b.AtLeast ? a.AtLeast : b.AtLeast,
        a.PrimaryOnly || b.PrimaryOnly, a.NothingCached || b.NothingCached);
}

/// <summary>A load, and the scope that it ran in.</summary>
/// <param name="scopes">Makes scopes.</param>
/// <param name="nodes">The database's nodes.</param>
/// <param name="metrics">Counts reads.</param>
internal sealed class CacheLoads(IServiceScopeFactory scopes, PostgresNodes nodes, NodeMetrics metrics)
{
    /// <summary>
    /// Runs a load in a scope of its own, which outlives the request that asked first. A read whose node fails is done again on
    /// another, as requests are.
    /// </summary>
    public async Task<(CacheValue Value, PostgresNode? From)> RunAsync(
        Guid company, LoadNeeds needs, Func<IServiceProvider, Task<CacheValue>> load)
    {
        PostgresNode? failed = null;
        for (var attempt = 1; ; attempt++)
        {
            await using var scope = company == Guid.Empty ? scopes.CreateAsyncScope() : scopes.CreateScopeOf(company);
            var consistency = scope.ServiceProvider.GetRequiredService<ReadConsistency>();
            consistency.Require(needs.AtLeast);
            if (needs.PrimaryOnly) consistency.RequirePrimary();
            consistency.Failed = failed;
            try
            {
                var value = await load(scope.ServiceProvider);
                if (consistency.ReadFrom is { } node) metrics.Read(node);
                return (value, consistency.ReadFrom);
            }
            catch (Exception e) when (attempt <= nodes.All.Count && consistency.ReadFrom is not null
                && DatabaseErrors.IsRetryableRead(e))
            {
                failed = consistency.ReadFrom;
                if (DatabaseErrors.IsNodeFailure(e)) failed.Eject();
                metrics.Retried(failed);
            }
        }
    }
}

/// <summary>Single flight: concurrent lookups of one key in this process share one load.</summary>
internal sealed class SingleFlight<TKey, TResult> where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Flight> _flights = new();

    /// <summary>
    /// The running load of a key, if it <paramref name="serves"/> the lookup; otherwise a new load, which takes its place.
    /// </summary>
    public (Task<TResult> Task, bool Joined) Join(TKey key, Func<Flight, bool> serves, Func<Flight> make)
    {
        while (true)
        {
            if (_flights.TryGetValue(key, out var there))
            {
                if (serves(there)) return (there.Task, true);
                var instead = make();
                if (_flights.TryUpdate(key, instead, there)) return (instead.Task, false);
                continue;
            }
            var first = make();
            if (_flights.TryAdd(key, first)) return (first.Task, false);
        }
    }

    /// <summary>Forgets a load that has ended.</summary>
    public void Remove(TKey key, Flight flight) => _flights.TryRemove(KeyValuePair.Create(key, flight));

    /// <summary>A load, started by whoever asks for its task first.</summary>
    /// <param name="startedAt">A timestamp before it began.</param>
    /// <param name="needs">What it will see.</param>
    /// <param name="run">Does it.</param>
    internal sealed class Flight(long startedAt, LoadNeeds needs, Func<Flight, Task<TResult>> run)
    {
        private readonly Lock _gate = new();
        private Task<TResult>? _task;

        public long StartedAt { get; } = startedAt;

        public LoadNeeds Needs { get; } = needs;

        public Task<TResult> Task
        {
            get
            {
                lock (_gate) return _task ??= global::System.Threading.Tasks.Task.Run(() => run(this));
            }
        }
    }
}
