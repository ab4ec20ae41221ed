using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Operations;

/// <summary>The database as this instance sees it.</summary>
/// <param name="Status"><c>healthy</c>; <c>degraded</c> when a node is missing or no standby serves; <c>unhealthy</c> without a
/// primary.</param>
/// <param name="Nodes">Every node that is configured.</param>
public sealed record DatabaseHealthResponse(string Status, IReadOnlyList<NodeHealth> Nodes);

/// <summary>A PostgreSQL server.</summary>
/// <param name="Name">As in metrics.</param>
/// <param name="Role"><c>primary</c>, <c>standby</c>, or <c>unknown</c> when it does not answer.</param>
/// <param name="ServesReads">Whether reads that need nothing recent go to it.</param>
/// <param name="LagSeconds">How old the newest thing is that it has replayed.</param>
/// <param name="LagBytes">Log that it has not replayed.</param>
/// <param name="LatencyMs">Milliseconds that it took to answer the monitor.</param>
/// <param name="Pool">This instance's connections to it.</param>
/// <param name="CheckedAt">When the monitor last looked.</param>
public sealed record NodeHealth(
    string Name, string Role, bool ServesReads, double LagSeconds, long LagBytes, double LatencyMs, PoolHealth Pool, DateTimeOffset CheckedAt);

/// <summary>Connections of a pool.</summary>
/// <param name="Used">In use now.</param>
/// <param name="Idle">Open and waiting.</param>
/// <param name="Max">Most that there can be.</param>
/// <param name="UsePercent">Used of the most that there can be; above 80 is too much.</param>
public sealed record PoolHealth(int Used, int Idle, int Max, double UsePercent);

/// <summary><c>GET /api/health/database</c>: every node's role, lag, pool and latency; 503 when it is unhealthy.</summary>
public static class DatabaseHealth
{
    /// <summary>Tells how the database is, as this instance sees it. Asks nobody: answers even when no node does.</summary>
    public static JsonHttpResult<DatabaseHealthResponse> Handle(PostgresNodes nodes, PoolUse poolUse)
    {
        var pools = poolUse.Read();
        var all = nodes.All.Select(n => Describe(n, nodes, pools.GetValueOrDefault(n.Name))).ToList();
        var status = all.All(n => n.Role != "primary") ? "unhealthy"
            : all.Any(n => n.Role == "unknown" || (n.Role == "standby" && !n.ServesReads)) ? "degraded"
            : "healthy";
        return TypedResults.Json(new DatabaseHealthResponse(status, all),
            statusCode: status == "unhealthy" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static NodeHealth Describe(PostgresNode node, PostgresNodes nodes, (int Idle, int Used) pool)
    {
        var state = node.State;
        return new(node.Name, state.Role.ToString().ToLowerInvariant(), nodes.ServesReads(node), Math.Round(state.LagSeconds, 3),
            (long)state.LagBytes, Math.Round(state.LatencyMs, 2),
            new(pool.Used, pool.Idle, node.PoolSize, Math.Round(100.0 * pool.Used / node.PoolSize, 1)), state.At);
    }
}
