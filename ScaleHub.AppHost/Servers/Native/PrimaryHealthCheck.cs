using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ScaleHub.AppHost.Servers.Native;

/// <summary>Healthy: the server accepts the superuser. A wrong password is named, since it never mends itself.</summary>
internal sealed class PrimaryHealthCheck(ReferenceExpression connectionString) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var settings = new NpgsqlConnectionStringBuilder(await connectionString.GetValueAsync(cancellationToken))
        {
            Database = "postgres",
            Timeout = 2,
            CommandTimeout = 2,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (PostgresException refused) when (refused.SqlState is
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            return HealthCheckResult.Unhealthy("The data was made with another password than the one in the user secrets: "
                + "restore the user secrets, or start with --reset to delete the data.");
        }
        catch (NpgsqlException notYet)
        {
            return HealthCheckResult.Unhealthy(notYet.Message);
        }
    }
}
