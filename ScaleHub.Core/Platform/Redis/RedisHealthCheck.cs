using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>
/// One PING, bounded as every command of <see cref="RedisStore"/> is. Without Redis the program goes on: degraded, never
/// unhealthy.
/// </summary>
internal sealed class RedisHealthCheck(RedisStore redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (answered, _) = await redis.TryAsync(db => db.PingAsync(), cancellationToken);
        return answered
            ? HealthCheckResult.Healthy("Answers.")
            : HealthCheckResult.Degraded("Does not answer; going on without it.");
    }
}
