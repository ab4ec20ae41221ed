using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace ScaleHub.AppHost.Servers;

/// <summary>
/// How large the pools of each program are, so that all of them together fit the connections of one PostgreSQL server.
/// <para>The number of connections stays the same for every start, because a standby refuses to start with fewer than its primary
/// had (PostgreSQL 17 documentation, 26.4.1); the pools follow the number of instances. Any node may become the primary,
/// so both pools fit every node.</para>
/// </summary>
/// <param name="Primary">Most connections of a program to the node <c>scalehub</c>.</param>
/// <param name="Replica">Most connections of a program to each replica.</param>
internal sealed record PoolPlan(int Primary, int Replica)
{
    /// <summary><c>max_connections</c> of every server.</summary>
    public const int MaxConnections = 300;

    // For people, migrate, seed, what each program opens for a moment to tell how it is, and the three that PostgreSQL keeps for
    // superusers.
    private const int Reserved = 20;

    // The defaults of Postgres:Pool:Max and Postgres:ReplicaPool:Max.
    private const int UsualPrimary = 20, UsualReplica = 30;

    /// <summary>The pools for a number of API instances, which one worker joins.</summary>
    public static PoolPlan For(int instances, IConfiguration configuration)
    {
        // Besides its pool, each program has the connection of its monitor.
        var share = ((MaxConnections - Reserved) / (instances + 1)) - 1;
        return new(Math.Min(share, Wanted("Pool", UsualPrimary)), Math.Min(share, Wanted("ReplicaPool", UsualReplica)));

        // Set for the whole start, as an environment variable that the programs inherit.
        int Wanted(string pool, int usual)
            => int.TryParse(configuration[$"Postgres:{pool}:Max"], CultureInfo.InvariantCulture, out var wanted) && wanted > 0
                ? wanted : usual;
    }

    /// <summary>Whether it is smaller than the defaults, which the start then says.</summary>
    public bool IsReduced => this != new PoolPlan(UsualPrimary, UsualReplica);

    /// <summary>What the start says.</summary>
    public string Describe(int instances) => string.Create(CultureInfo.InvariantCulture,
        $"{instances} API instances and a worker share {MaxConnections} connections of each PostgreSQL server: "
        + $"each has at most {Primary} to the primary and {Replica} to each replica.");

    /// <summary>Hands a program its pools.</summary>
    public IResourceBuilder<ProjectResource> Give(IResourceBuilder<ProjectResource> program) => program
        .WithEnvironment("Postgres__Pool__Max", Primary.ToString(CultureInfo.InvariantCulture))
        .WithEnvironment("Postgres__ReplicaPool__Max", Replica.ToString(CultureInfo.InvariantCulture));
}
