using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace ScaleHub.Tests.Support;

/// <summary>What tests do to a PostgreSQL server of a graph: ask, change, kill. As its superuser.</summary>
internal static class PostgresNode
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
        foreach (var sql in (string[])[
            receive ? "alter system reset primary_conninfo" : "alter system set primary_conninfo = ''", "select pg_reload_conf()"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
        await Poll.UntilAsync(async () => Assert.Equal(
            receive, await AskAsync<bool>(standby, "select exists (select from pg_stat_wal_receiver where status = 'streaming')")));
    }

    /// <summary>kill -9 of the server and of every process of it.</summary>
    public static async Task KillAsync(string connectionString)
    {
        var backend = await AskAsync<int>(connectionString, "select pg_backend_pid()");
        var postmaster = Parent(backend);
        int[] processes = [postmaster, .. Processes().Where(p => Parent(p) == postmaster)];
        foreach (var id in processes)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (ArgumentException)
            {
                // It ended with its postmaster.
            }
        }
    }

    private static IEnumerable<int> Processes() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0);

    private static int Parent(int pid)
    {
        try
        {
            // pid (name) state parent …, where the name may hold anything.
            return int.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].Split(' ')[2], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return 0;
        }
    }

    // Not pooled: a pooled connection to a server that was killed fails its next user.
    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
