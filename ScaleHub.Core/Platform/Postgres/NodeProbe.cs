using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// The monitor's own connection to one node, opened when it is needed and thrown away with the first trouble.
/// It is outside the pool: a full pool must not look like a dead server.
/// <para>A connection that the server has ended since the last look does not make a node unreachable: the look goes on with a new
/// one, within the same patience. Otherwise an operator who ends connections would take the node out of routing.</para>
/// </summary>
internal sealed class NodeProbe(PostgresNode node, ILogger logger) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _dataSource = node.BuildUnpooled("monitor", builder =>
    {
        var text = builder.ConnectionStringBuilder;
        // A look that took too long ends by itself soon after.
        (text.ApplicationName, text.Timeout, text.CommandTimeout, text.CancellationTimeout) = ("scalehub-monitor", 1, 1, -1);
        // A look recurs all the time and tells nothing in a trace.
        builder.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => false).EnablePhysicalOpenTracing(false));
    });

    private NpgsqlConnection? _connection;
    private Task<Answer>? _asking;

    public PostgresNode Node => node;

    /// <summary>Asks the node what it is; <see cref="NodeRole.Unknown"/> when no answer comes within
    /// <paramref name="patience"/>.</summary>
    public async Task<NodeState> LookAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var asking = _asking = AskAsync(_connection);
        _connection = null;
        try
        {
            // The wait is bounded, not the asking: a cancellation that hits Npgsql 10.0 while it connects throws where nobody can
            // catch it (NpgsqlConnector.PerformUserCancellationUnsynchronized, on the timer's thread), which ends the process.
            (var state, _connection) = await asking.WaitAsync(patience, cancellationToken);
            return state;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is NpgsqlException or TimeoutException or OperationCanceledException or InvalidOperationException)
        {
            logger.LogDebug(e, "Database node {Node} does not answer", node.Name);
            _ = DiscardAsync(asking);
            return NodeState.Unreachable(DateTimeOffset.UtcNow);
        }
    }

    private async Task<Answer> AskAsync(NpgsqlConnection? kept)
    {
        if (kept is not null)
        {
            try
            {
                return new(await ReadStateAsync(kept), kept);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
            {
                logger.LogDebug(e, "The monitor's connection to {Node} has failed", node.Name);
                await CloseAsync(kept);
            }
        }
        var connection = _dataSource.CreateConnection();
        try
        {
            await connection.OpenAsync();
            return new(await ReadStateAsync(connection), connection);
        }
        catch
        {
            await CloseAsync(connection);
            throw;
        }
    }

    private static async Task<NodeState> ReadStateAsync(NpgsqlConnection connection)
    {
        var start = Stopwatch.GetTimestamp();
        await using var command = new NpgsqlCommand("select standby, lsn, timeline from node_state()", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new(
            reader.GetBoolean(0) ? NodeRole.Standby : NodeRole.Primary,
            reader.IsDBNull(1) ? default : reader.GetFieldValue<NpgsqlLogSequenceNumber>(1),
            reader.IsDBNull(2) ? 0 : (uint)reader.GetInt32(2),
            LagBytes: 0, LagSeconds: 0,
            Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            DateTimeOffset.UtcNow);
    }

    // How it ends does not matter any more, but its connection cannot be closed before.
    private async Task DiscardAsync(Task<Answer> asking)
    {
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asking.IsCompletedSuccessfully) await CloseAsync(asking.Result.Connection);
    }

    private async Task CloseAsync(NpgsqlConnection connection)
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
        if (_asking is not null) await DiscardAsync(_asking);
        await _dataSource.DisposeAsync();
    }

    private sealed record Answer(NodeState State, NpgsqlConnection Connection);
}
