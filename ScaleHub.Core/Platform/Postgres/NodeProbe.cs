using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// The monitor's own connection to one node, opened when it is needed and thrown away with the first trouble.
/// It is outside the pool: a full pool must not look like a dead server.
/// </summary>
internal sealed class NodeProbe(PostgresNode node, ILogger logger) : IAsyncDisposable
{
    private readonly string _connectionString = new NpgsqlConnectionStringBuilder(node.ConnectionString)
    {
        Pooling = false,
        ApplicationName = "scalehub-monitor",
        MaxAutoPrepare = 0,
    }.ConnectionString;

    private NpgsqlConnection? _connection;

    public PostgresNode Node => node;

    /// <summary>Asks the node what it is; <see cref="NodeRole.Unknown"/> when no answer comes within <paramref name="patience"/>.</summary>
    public async Task<NodeState> LookAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var connection = _connection ??= new(_connectionString);
        try
        {
            // A server that hangs may hang the cancellation too, so the wait is bounded apart from it.
            return await AskAsync(connection, limit.Token).WaitAsync(patience, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is NpgsqlException or TimeoutException or OperationCanceledException or InvalidOperationException)
        {
            logger.LogDebug(e, "Database node {Node} does not answer", node.Name);
            _connection = null;
            _ = DiscardAsync(connection);
            return NodeState.Unreachable(DateTimeOffset.UtcNow);
        }
    }

    private static async Task<NodeState> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (connection.State != System.Data.ConnectionState.Open) await connection.OpenAsync(cancellationToken);
        var start = Stopwatch.GetTimestamp();
        await using var command = new NpgsqlCommand("select standby, lsn, timeline from node_state()", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(
            reader.GetBoolean(0) ? NodeRole.Standby : NodeRole.Primary,
            reader.IsDBNull(1) ? default : reader.GetFieldValue<NpgsqlLogSequenceNumber>(1),
            reader.IsDBNull(2) ? 0 : (uint)reader.GetInt32(2),
            LagBytes: 0, LagSeconds: 0,
            Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            DateTimeOffset.UtcNow);
    }

    private async Task DiscardAsync(NpgsqlConnection connection)
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // It was broken before; that closing it fails tells nothing new.
            logger.LogDebug(e, "Closing the broken monitor connection to {Node} failed", node.Name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await DiscardAsync(_connection);
    }
}
