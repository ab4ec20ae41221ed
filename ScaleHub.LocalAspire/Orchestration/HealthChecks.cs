using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ScaleHub.LocalAspire;

/// <summary>Healthy when a GET answers with a status code within two seconds.</summary>
internal sealed class HttpHealthCheck(EndpointReference endpoint, string path, int statusCode) : IHealthCheck
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(2),
    };

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var url = new Uri(new Uri(endpoint.Url), path);
        using var response = await Client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.StatusCode == (HttpStatusCode)statusCode
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"{url} answers {(int)response.StatusCode} instead of {statusCode}.");
    }
}

/// <summary>Healthy when a new session answers.</summary>
internal sealed class PostgresHealthCheck(IResourceWithConnectionString server, string? database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var builder = new NpgsqlConnectionStringBuilder(await server.GetConnectionStringAsync(cancellationToken))
        {
            Timeout = 2,
            CommandTimeout = 2,
            Pooling = false,
        };
        builder.Database = database ?? builder.Database;
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select 1", connection);
        await command.ExecuteScalarAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}

/// <summary>Healthy when Redis answers PING with PONG within two seconds; while it loads its data it does not.</summary>
internal sealed class RedisHealthCheck(RedisResource redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        var password = redis.PasswordParameter is { } parameter ? await parameter.GetValueAsync(patience.Token) : null;
        using var client = new TcpClient();
        await client.ConnectAsync(redis.PrimaryEndpoint.Host, redis.PrimaryEndpoint.Port, patience.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes((password is null ? "" : Command("AUTH", password)) + Command("PING")), patience.Token);
        using var reader = new StreamReader(stream);
        for (var answers = password is null ? 1 : 2; answers > 0; answers--)
        {
            var answer = await reader.ReadLineAsync(patience.Token) ?? "nothing";
            if (!answer.StartsWith('+'))
            {
                return HealthCheckResult.Unhealthy($"Redis answers {answer}.");
            }
        }
        return HealthCheckResult.Healthy();
    }

    private static string Command(params string[] words) => string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n")
        + string.Concat(words.Select(w => $"${Encoding.UTF8.GetByteCount(w)}\r\n{w}\r\n"));
}
