using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>The node stopped answering while a read waited for it. The read may be done again elsewhere.</summary>
public sealed class NodeLostException(string node, Exception inner) : Exception($"The database node {node} stopped answering.", inner);

/// <summary>
/// Runs a read on a connection of its own, which it can walk away from.
/// <para>Guarantee: the wait for the first row ends when the monitor finds the node gone, and at the command time-out at the
/// latest, even when the server hangs so that nothing sent to it has an effect. Npgsql alone takes the time-out and twice the
/// connect time-out more then, because it first tries to cancel politely. The abandoned command ends by itself that much later;
/// until then it keeps its place in the pool.</para>
/// <para>A connection that the server has ended since its last use fails no read.</para>
/// </summary>
internal static class WatchedRead
{
    /// <summary>Executes <paramref name="command"/>; closing the reader returns the connection.</summary>
    /// <exception cref="NodeLostException">The node does not answer any more, or cannot be connected to.</exception>
    /// <exception cref="TimeoutException">The node answers others, but not this command in its time.</exception>
    public static async Task<DbDataReader> ExecuteAsync(PostgresNode node, DbCommand command, CancellationToken cancellationToken)
    {
        var lost = node.Lost;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost);
        var reading = StartAsync(node, (NpgsqlCommand)command, cancellationToken);
        try
        {
            return await reading.WaitAsync(TimeSpan.FromSeconds(command.CommandTimeout), either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            // Also when it has just completed after all: its reader holds a connection.
            _ = AbandonAsync(reading);
            if (lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested) throw new NodeLostException(node.Name, e);
            throw;
        }
    }

    // A server that was started again has ended all connections, and the pool learns of each by using it. The read is done once more on
    // a new one, before anybody takes the node for gone: there may be no other.
    private static async Task<DbDataReader> StartAsync(PostgresNode node, NpgsqlCommand template, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(node, template, cancellationToken);
        }
        catch (Exception e) when (e is not NodeLostException && DatabaseErrors.IsNodeFailure(e) && !node.Lost.IsCancellationRequested)
        {
            node.DataSource.Clear();
            return await ReadAsync(node, template, cancellationToken);
        }
    }

    private static async Task<DbDataReader> ReadAsync(PostgresNode node, NpgsqlCommand template, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(node, cancellationToken);
        try
        {
            var command = new NpgsqlCommand(template.CommandText, connection) { CommandTimeout = template.CommandTimeout };
            foreach (NpgsqlParameter parameter in template.Parameters) command.Parameters.Add(parameter.Clone());
            var reader = await command.ExecuteReaderAsync(CommandBehavior.CloseConnection, cancellationToken);
            // Past the result of set_config.
            await reader.NextResultAsync(cancellationToken);
            return reader;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(PostgresNode node, CancellationToken cancellationToken)
    {
        try
        {
            return await node.DataSource.OpenConnectionAsync(cancellationToken);
        }
        catch (NpgsqlException e) when (e is not PostgresException && !DatabaseErrors.IsPoolExhausted(e))
        {
            throw new NodeLostException(node.Name, e);
        }
    }

    private static async Task AbandonAsync(Task<DbDataReader> reading)
    {
        try
        {
            await (await reading).DisposeAsync();
        }
        catch (Exception e)
        {
            // Whoever waited for it has been told already, and Npgsql has closed the connection: nobody is left to tell.
            Debug.WriteLine(e);
        }
    }
}
