using System.Globalization;
using Npgsql;

namespace ScaleHub.Testing;

/// <summary>Makes the standbys of a graph late, and lets them catch up again.</summary>
public sealed class Standbys : IAsyncDisposable
{
    private readonly string[] _connectionStrings;

    private Standbys(string[] connectionStrings) => _connectionStrings = connectionStrings;

    /// <summary>Each commit is replayed that much later, until the result is disposed.</summary>
    public static async Task<Standbys> DelayAsync(GraphFixture graph, TimeSpan delay, params string[] names)
    {
        if (names.Length == 0) names = ["pg-replica-1", "pg-replica-2"];
        var standbys = new Standbys(await Task.WhenAll(names.Select(graph.GetConnectionString)));
        await standbys.SetAsync(string.Create(CultureInfo.InvariantCulture, $"{delay.TotalMilliseconds}ms"));
        return standbys;
    }

    private async Task SetAsync(string delay)
    {
        foreach (var connectionString in _connectionStrings)
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var set = source.CreateCommand($"alter system set recovery_min_apply_delay = '{delay}'");
            await set.ExecuteNonQueryAsync();
            await using var reload = source.CreateCommand("select pg_reload_conf()");
            await reload.ExecuteNonQueryAsync();
            await Poll.UntilAsync(async () =>
            {
                await using var show = source.CreateCommand("select setting || 'ms' from pg_settings where name = 'recovery_min_apply_delay'");
                Assert.Equal(delay, await show.ExecuteScalarAsync());
            });
        }
    }

    public async ValueTask DisposeAsync() => await SetAsync("0ms");
}
