using System.Collections.Concurrent;
using System.Diagnostics;

namespace ScaleHub.Perf.Jobs;

/// <summary>A job queue in PostgreSQL.</summary>
internal interface IContender
{
    string Name { get; }

    /// <summary>Adds a job that only says when it began.</summary>
    Task AddEmptyAsync(Guid id);

    /// <summary>Adds a job that writes a row.</summary>
    Task AddWritingAsync(Guid id);

    /// <summary>Starts a worker with so many jobs at a time; disposing of it stops it.</summary>
    Task<IAsyncDisposable> StartWorkerAsync(int slots);
}

/// <summary>What the jobs of both contenders tell: when each began.</summary>
internal static class Seen
{
    private static readonly ConcurrentDictionary<Guid, long> Begun = [];
    private static long _done;

    public static long Done => Interlocked.Read(ref _done);

    public static void Reset()
    {
        Begun.Clear();
        Interlocked.Exchange(ref _done, 0);
    }

    public static void Begin(Guid id) => Begun[id] = Stopwatch.GetTimestamp();

    public static void End() => Interlocked.Increment(ref _done);

    public static long? BegunAt(Guid id) => Begun.TryGetValue(id, out var at) ? at : null;
}
