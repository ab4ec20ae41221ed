using Npgsql;

namespace ScaleHub.Testing;

/// <summary>What tests ask and tell one PostgreSQL server of a graph, as its superuser.</summary>
public static class NodeSql
{
    public static async Task<T> AskAsync<T>(string connectionString, string sql)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Stops a standby from receiving, as if it could not reach the primary, or lets it receive again.</summary>
    public static async Task ReceiveAsync(string standby, bool receive)
    {
        await using var connection = await OpenAsync(standby);
        var change = receive ? "alter system reset primary_conninfo" : "alter system set primary_conninfo = ''";
        foreach (var sql in (string[])[change, "select pg_reload_conf()"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
        const string Receives = "select exists (select from pg_stat_wal_receiver where status = 'streaming')";
        await Poll.UntilAsync(async () => Assert.Equal(receive, await AskAsync<bool>(standby, Receives)));
    }

    // Not pooled: a pooled connection to a server that was killed fails its next user.
    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
