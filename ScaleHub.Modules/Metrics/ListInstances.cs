using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Metrics;

/// <summary>Processes of the last day.</summary>
/// <param name="Items">Those that are there first, then by name.</param>
public sealed record ListInstancesResponse(IReadOnlyList<InstanceResponse> Items);

/// <summary>A process, as it told of itself.</summary>
/// <param name="Instance">Its name with that of the start.</param>
/// <param name="Name">As in traces.</param>
/// <param name="Program"><c>ScaleHub.Api</c> or <c>ScaleHub.Worker</c>.</param>
/// <param name="Version">Of the program.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="SeenAt">When it was last heard of.</param>
/// <param name="Live">Whether that was in the last 45 seconds.</param>
/// <param name="CpuPercent">Of the processors that it may use, in the ten seconds before.</param>
/// <param name="MemoryBytes">What it has.</param>
/// <param name="MemoryLimitBytes">What it may have: its container's limit, or the machine's memory.</param>
/// <param name="Nodes">The database nodes as it sees them, and its connections to each.</param>
public sealed record InstanceResponse(
    string Instance, string Name, string Program, string Version, DateTimeOffset StartedAt, DateTimeOffset SeenAt, bool Live,
    double CpuPercent, long MemoryBytes, long MemoryLimitBytes, IReadOnlyList<NodeReport> Nodes);

/// <summary><c>GET /api/admin/instances</c>: the API's instances and the workers, for an operator.</summary>
public static class ListInstances
{
    /// <summary>Lists the processes of the last day, as each has told of itself; at most 200.</summary>
    public static async Task<Ok<ListInstancesResponse>> HandleAsync(
        ReadDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow() - InstanceReport.GoneAfter;
        var rows = await db.Database.SqlQuery<Row>($"""
            select instance as "Instance", name as "Name", program as "Program", version as "Version", started_at as "StartedAt",
                seen_at as "SeenAt", seen_at >= {since} as "Live", cpu_percent as "CpuPercent", memory_bytes as "MemoryBytes",
                memory_limit_bytes as "MemoryLimitBytes", nodes::text as "Nodes"
            from instances order by seen_at >= {since} desc, name, started_at desc limit 200
            """).ToListAsync(cancellationToken);
        return TypedResults.Ok(new ListInstancesResponse([.. rows.Select(r => r.Describe())]));
    }

    private sealed record Row(
        string Instance, string Name, string Program, string Version, DateTimeOffset StartedAt, DateTimeOffset SeenAt, bool Live,
        double CpuPercent, long MemoryBytes, long MemoryLimitBytes, string Nodes)
    {
        public InstanceResponse Describe() => new(
            Instance, Name, Program, Version, StartedAt, SeenAt, Live, CpuPercent, MemoryBytes, MemoryLimitBytes,
            JsonSerializer.Deserialize<List<NodeReport>>(Nodes, JsonSerializerOptions.Web)!);
    }
}
