using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Metrics;

/// <summary>A database node as one instance sees it, with its connections to it.</summary>
/// <param name="Name">As in metrics.</param>
/// <param name="Role"><c>primary</c>, <c>standby</c> or <c>unknown</c>.</param>
/// <param name="ServesReads">Whether reads that need nothing recent go to it.</param>
/// <param name="LagSeconds">How far behind the primary it is.</param>
/// <param name="LatencyMs">Milliseconds that it took to answer the monitor.</param>
/// <param name="Used">Connections in use.</param>
/// <param name="Idle">Connections that wait.</param>
/// <param name="Max">Most connections of the pool.</param>
/// <param name="Reads">Units of work that it has read for, since the instance started.</param>
public sealed record NodeReport(
    string Name, string Role, bool ServesReads, double LagSeconds, double LatencyMs, int Used, int Idle, int Max, long Reads);

/// <summary>
/// Tells the database every ten seconds that this process is there, and how it is. Who is not heard of for
/// <see cref="GoneAfter"/> counts as gone; after a day it is forgotten.
/// <para>When the database cannot be written to, nothing else is affected. A full pool is told of too: the report is written on a
/// connection of its own.</para>
/// </summary>
public sealed class InstanceReport(
    InstanceName name, PostgresNodes nodes, PoolUse pools, NodeMetrics reads, IHostEnvironment environment,
    TimeProvider time, ILogger<InstanceReport> logger) : BackgroundService
{
    /// <summary>How long an instance counts as there after its last word.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private static readonly string Version = Assembly.GetEntryAssembly()
        ?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private (TimeSpan Cpu, long At) _last = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => new Rounds("Telling how this instance is", logger).EveryAsync(Every, time, () => TellAsync(stoppingToken), stoppingToken);

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        // Not from the pool, which may have no connection left: that is one of the things to tell.
        await using var source = nodes.ForWrite().BuildUnpooled("report");
        // Not ended by a stop: see NodeProbe. The time-out bounds it.
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("select set_config('app.company_id', $1, true)") { Parameters = { new() { Value = $"{Tenant.Platform}" } } },
                new("""
                    with forgotten as (delete from instances where seen_at < now() - interval '1 day')
                    insert into instances
                        (instance, name, program, version, started_at, seen_at, cpu_percent, memory_bytes, memory_limit_bytes, nodes)
                    values ($1, $2, $3, $4, $5, now(), $6, $7, $8, $9)
                    on conflict (instance) do update set seen_at = excluded.seen_at, cpu_percent = excluded.cpu_percent,
                        memory_bytes = excluded.memory_bytes, memory_limit_bytes = excluded.memory_limit_bytes, nodes = excluded.nodes
                    """)
                {
                    Parameters =
                    {
                        new() { Value = name.OfThisStart }, new() { Value = name.Name }, new() { Value = environment.ApplicationName },
                        new() { Value = Version[..Math.Min(Version.Length, 100)] }, new() { Value = _startedAt },
                        new() { Value = CpuPercent() }, new() { Value = Environment.WorkingSet },
                        // The container's limit where there is one.
                        new() { Value = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes },
                        new() { Value = JsonSerializer.Serialize(Nodes(), JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    // Of all processors that this process may use, since the last time.
    private double CpuPercent()
    {
        var (cpu, at) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var (used, passed) = (cpu - _last.Cpu, Stopwatch.GetElapsedTime(_last.At, at));
        _last = (cpu, at);
        return passed > TimeSpan.Zero ? Math.Round(100 * used / passed / Environment.ProcessorCount, 1) : 0;
    }

    private IEnumerable<NodeReport> Nodes()
    {
        var use = pools.Read();
        foreach (var node in nodes.All)
        {
            var (state, pool) = (node.State, use.GetValueOrDefault(node.Name));
            yield return new(node.Name, state.Role.ToString().ToLowerInvariant(), nodes.ServesReads(node), Math.Round(state.LagSeconds, 3),
                Math.Round(state.LatencyMs, 2), pool.Used, pool.Idle, node.PoolSize, reads.ReadsOf(node));
        }
    }
}

/// <summary>Registers it.</summary>
public static class InstanceReportExtensions
{
    /// <summary>The process tells how it is, by its name.</summary>
    public static IServiceCollection AddInstanceReport(this IServiceCollection services)
        => services.AddSingleton<InstanceName>().AddHostedService<InstanceReport>();
}
