using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Judges by what <see cref="NodeMonitor"/> saw last, so that asking costs nothing: unhealthy when no node answers; degraded when
/// none accepts writes, or standbys are configured and none serves reads.
/// </summary>
internal sealed class PostgresHealthCheck(PostgresNodes nodes, IOptions<PostgresOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var states = nodes.All.Select(n => n.State).ToArray();
        var answering = states.Count(s => s.Role != NodeRole.Unknown);
        var serving = states.Count(s => s.Role == NodeRole.Standby && s.LagSeconds <= options.Value.MaxLagSeconds);
        return Task.FromResult(answering == 0 ? HealthCheckResult.Unhealthy("No database node answers.")
            : states.All(s => s.Role != NodeRole.Primary) ? HealthCheckResult.Degraded("No database node accepts writes.")
            : states.Length > 1 && serving == 0 ? HealthCheckResult.Degraded("No standby serves reads; the primary does.")
            : HealthCheckResult.Healthy($"{answering} of {states.Length} nodes answer, {serving} standbys serve reads."));
    }
}
