using System.Net.Sockets;
using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>What an exception from Npgsql means for the node that it came from.</summary>
public static class DatabaseErrors
{
    /// <summary>
    /// The connection or the server is gone: no more traffic for the node until the monitor has seen it again. A command that
    /// only took too long says nothing of the node.
    /// </summary>
    public static bool IsNodeFailure(Exception exception) => exception is NodeLostException || Database(exception) switch
    {
        // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
        PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "57P04" } => true,
        PostgresException => false,
        { InnerException: IOException or SocketException } => true,
        _ => false,
    };

    /// <summary>A read may succeed elsewhere: the node failed, is full, or cancelled the query to go on replaying.</summary>
    public static bool IsRetryableRead(Exception exception)
        => IsNodeFailure(exception) || Database(exception) switch
        {
            // serialization_failure and deadlock_detected (recovery conflicts on a standby), too_many_connections
            PostgresException { SqlState: "40001" or "40P01" or "53300" } => true,
            PostgresException => false,
            { } e => IsPoolExhausted(e),
            null => false,
        };

    /// <summary>Trying again later may help; nothing is wrong with the request.</summary>
    public static bool IsPassing(Exception exception)
        => IsRetryableRead(exception) || exception is TimeoutException || Database(exception) switch
        {
            // query_canceled (time-out), read_only_sql_transaction (a demoted primary), insufficient_resources
            PostgresException { SqlState: "57014" or "25006" or ['5', '3', ..] } => true,
            PostgresException => false,
            { InnerException: TimeoutException } => true,
            _ => false,
        };

    internal static bool IsPoolExhausted(NpgsqlException exception)
        => exception.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal);

    private static NpgsqlException? Database(Exception? exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
            if (e is NpgsqlException npgsql) return npgsql;
        return null;
    }
}
