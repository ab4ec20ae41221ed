using System.Diagnostics;

namespace ScaleHub.Perf.Cache;

/// <summary>Three instances of a contender over a Redis of their own, and the database that they load from: one number.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Key = "tasks:list:20";
    private readonly Contender _contender;
    private int _truth = 1, _loads;

    private World(Contender contender, RedisProcess redis) => (_contender, Redis) = (contender, redis);

    public RedisProcess Redis { get; }

    public List<Instance> Instances { get; } = [];

    public Guid Company { get; } = Guid.NewGuid();

    /// <summary>What a load reads from now on.</summary>
    public int Truth
    {
        get => Volatile.Read(ref _truth);
        set => Volatile.Write(ref _truth, value);
    }

    public int Loads => Volatile.Read(ref _loads);

    /// <summary>Prepared lookups of the benchmarks.</summary>
    public Func<ValueTask<byte[]>>? Hot { get; set; }

    public Func<ValueTask<TaskPage>>? HotTyped { get; set; }

    public List<Func<ValueTask<byte[]>>>? HotKeys { get; set; }

    /// <summary>Loads a minute, of the benchmark of hot keys.</summary>
    public double HotLoads { get; set; }

    /// <summary>How long a load takes.</summary>
    public TimeSpan LoadTakes { get; set; }

    public static async Task<World> StartAsync(Contender contender, int instances = 3)
    {
        var world = new World(contender, await RedisProcess.StartNewAsync());
        for (var i = 0; i < instances; i++) await world.AddAsync();
        return world;
    }

    public async Task AddAsync() => Instances.Add(await _contender.StartAsync(Redis.Address));

    public async Task<byte[]> LoadAsync()
    {
        var version = Truth;
        Interlocked.Increment(ref _loads);
        if (LoadTakes > TimeSpan.Zero) await Task.Delay(LoadTakes);
        return TaskPage.MakeBytes(version);
    }

    /// <summary>The version that an instance serves.</summary>
    public async Task<int> GetAsync(int instance, string key = Key, Func<Task<byte[]>>? load = null, TimeSpan? life = null)
        => TaskPage.VersionOf(await Instances[instance].GetAsync(Company, key, load ?? LoadAsync, life));

    /// <summary>Every instance has the present version in memory.</summary>
    public async Task WarmAsync()
    {
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < Instances.Count; i++)
            {
                if (await GetAsync(i) != Truth) throw new InvalidOperationException($"Instance {i} is not warm.");
                // Some of it may be written to Redis in the background.
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Milliseconds until an instance serves this version; null when it does not within the patience.</summary>
    public async Task<double?> UntilAsync(int instance, int version, TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < patience; await Task.Delay(1))
            if (await GetAsync(instance) >= version) return clock.Elapsed.TotalMilliseconds;
        return null;
    }

    /// <summary>
    /// Milliseconds from now on until the last answer that is older than this version; 0 when the first is not, however long it
    /// takes; null when there are such answers to the end of the patience.
    /// </summary>
    public async Task<double?> OldForAsync(int instance, int version, TimeSpan patience)
    {
        var last = 0.0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < patience; await Task.Delay(5))
        {
            if (await GetAsync(instance) >= version) return last;
            last = clock.Elapsed.TotalMilliseconds;
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in Instances) await instance.DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>What came of an experiment.</summary>
/// <param name="Text">The number.</param>
/// <param name="Passed">Whether it is what was asked for; null where nothing was.</param>
/// <param name="Asked">What was asked for.</param>
internal sealed record Cell(string Text, bool? Passed, string Asked = "")
{
    /// <summary>A time until something was so, which must be at most <paramref name="most"/> ms.</summary>
    public static Cell Within(double? milliseconds, double most, TimeSpan patience)
        => new(milliseconds is { } ms ? $"{ms:0} ms" : $"> {patience.TotalSeconds:0} s", milliseconds <= most, $"≤ {most} ms");

    public override string ToString() => Passed is { } passed ? $"{(passed ? "pass" : "FAIL")} {Text}" : Text;
}
