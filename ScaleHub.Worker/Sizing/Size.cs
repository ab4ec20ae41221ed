namespace ScaleHub.Worker.Sizing;

/// <summary>What a load needs.</summary>
/// <param name="Instances">Of the API; two at least, so that one can be lost.</param>
/// <param name="Standbys">One at least, so that the primary can be lost.</param>
/// <param name="PrimaryCores">That the primary needs. A server has fewer when there is too much to write for one: see
/// <see cref="IsBeyondOnePrimary"/>.</param>
/// <param name="RedisCores">That Redis needs, which has one thread for commands.</param>
/// <param name="Pool">Connections of each instance to the primary.</param>
/// <param name="ReplicaPool">Connections of each instance to each standby.</param>
/// <param name="RedisBytes">Memory that Redis needs, with what it takes to save.</param>
/// <param name="DiskBytesPerMonth">By which each database server grows.</param>
internal sealed record Size(
    int Instances, int Standbys, double PrimaryCores, double RedisCores, int Pool, int ReplicaPool, long RedisBytes, long DiskBytesPerMonth)
{
    // Of one server, as the AppHost starts it, and what it keeps for operators.
    private const int MaxConnections = 300, Spare = 20;
    private const double SecondsOfMonth = 30.4 * 86_400;

    // How long a connection is held, with the way to the server: a transaction waits for the disks of two servers.
    private const double WriteSeconds = 0.02, ReadSeconds = 0.005;

    /// <summary>More than the cores of the largest machine that is common.</summary>
    public bool IsBeyondOnePrimary => PrimaryCores > 64;

    /// <summary>More than one thread can do.</summary>
    public bool IsBeyondOneRedis => RedisCores > 1;

    /// <summary>Whether all pools fit one server, also after a failover, when all instances write to a standby of before.</summary>
    public bool Fits => (Instances + 1) * (Pool + ReplicaPool) + Spare <= MaxConnections;

    /// <summary>Reckons.</summary>
    public static Size Of(SizeOptions options)
    {
        var rate = options.RequestsPerSecond;
        var writes = rate * options.Writes;
        var cached = rate * (1 - options.Writes) * options.Cached;
        var reads = rate - writes - cached;
        double Cores(Func<RequestCost, double> cost)
            => ((cached * cost(Costs.CachedRead)) + (reads * cost(Costs.Read)) + (writes * cost(Costs.Write))) / 1e6 / Costs.Utilisation / options.Speed;

        var instances = Math.Max(2, (int)Math.Ceiling(Cores(c => c.Api) / options.Cores));
        // Each standby replays every write, whatever it reads.
        var replay = writes * Costs.Write.Standby / 1e6 / Costs.Utilisation / options.Speed;
        var forReads = reads * Costs.Read.Standby / 1e6 / Costs.Utilisation / options.Speed;
        var standbys = Math.Max(1, (int)Math.Ceiling(forReads / Math.Max(options.Cores - replay, 0.1 * options.Cores)));
        return new(
            instances, standbys, Cores(c => c.Primary), Cores(c => c.Redis),
            PoolFor(writes / instances * WriteSeconds, 20), PoolFor(reads / instances / standbys * ReadSeconds, 30),
            // Twice: Redis copies what changes while it saves.
            2L * options.Companies * options.Users * Costs.RedisBytesOfUser,
            (long)((writes / options.Peak * SecondsOfMonth * Costs.DiskBytesOfWrite) + ((double)options.Companies * Costs.DiskBytesOfCompany)));
    }

    // Three times what is in use on average (Little's law), so that a burst waits for nothing.
    private static int PoolFor(double inUse, int most) => (int)Math.Clamp(Math.Ceiling(3 * inUse), 5, most);
}
