using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ScaleHub.AppHost.Servers;

/// <summary>
/// Healthy: a standby that streams, or one that was promoted. Degraded: a standby that answers, but has lost its primary; it can
/// still be read.
/// </summary>
internal sealed class ReplicaHealthCheck(PostgresNode replica) : IHealthCheck
{
    private const string Query =
        "select pg_is_in_recovery(), exists (select from pg_stat_wal_receiver where status = 'streaming')";

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(await replica.ConnectionString.GetValueAsync(cancellationToken))
        {
            Database = "postgres",
            Timeout = 2,
            CommandTimeout = 2,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(connectionString.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Query, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return !row.GetBoolean(0) ? HealthCheckResult.Healthy("It was promoted: it is the primary.")
            : row.GetBoolean(1) ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded("It does not stream from its primary.");
    }
}
