using System.Globalization;
using Npgsql;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>
/// PostgreSQL with a standby, both durable, Redis and a collector of telemetry, for all rows. Each row has a database and instances of
/// the API of its own, so that none finds what another has left.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private TelemetrySink? _telemetry;
    private StandbyServer? _standby;

    /// <summary>The primary. As many connections as the AppHost gives it.</summary>
    public PostgresServer Postgres { get; } = new() { Durable = true, Settings = ["max_connections=300"] };

    public RedisServer Redis { get; } = new();

    /// <summary>The standby of the primary.</summary>
    public StandbyServer Standby => _standby!;

    /// <summary>Starts them.</summary>
    public static async Task<Site> StartAsync()
    {
        var site = new Site();
        try
        {
            await Task.WhenAll(site.Postgres.InitializeAsync(), site.Redis.InitializeAsync());
            site._standby = await StandbyServer.StartAsync(site.Postgres);
            site._telemetry = await TelemetrySink.StartAsync();
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>An empty database with the schema, which the standby has as well.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync()
    {
        var database = await Postgres.CreateDatabaseAsync();
        await Standby.CatchUpAsync();
        return database;
    }

    /// <summary>
    /// Instances of the API in Production, as processes, over an empty Redis. Limits, sessions, isolation and telemetry are on; limits are
    /// so high that none is reached, and every request is counted.
    /// </summary>
    /// <param name="database">Theirs.</param>
    /// <param name="count">How many.</param>
    /// <param name="settings">Besides, as environment variables.</param>
    public async Task<ApiProcesses> StartApiAsync(TestDatabase database, int count, params (string Name, string Value)[] settings)
    {
        await EmptyRedisAsync();
        return await ApiProcesses.StartAsync(Postgres, Redis, database, count,
        [
            // A name with a minus, as the connection string's own has, does not get through every shell.
            ("DATABASE_READ_REPLICAS", Pooled(Standby.Of(database.App))),
            ("RateLimits__Scale", 1_000_000.ToString(CultureInfo.InvariantCulture)),
            .. _telemetry!.Settings, .. settings,
        ]);
    }

    /// <summary>What earlier rows have left there may be about companies of the same names.</summary>
    public async Task EmptyRedisAsync()
    {
        using var redis = await Redis.ConnectAsync();
        await redis.GetServers().Single().FlushAllDatabasesAsync();
    }

    /// <summary>The connection string with a pool, as programs have it.</summary>
    public static string Pooled(string connectionString)
        => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = true }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (_telemetry is not null) await _telemetry.DisposeAsync();
        if (_standby is not null) await _standby.DisposeAsync();
        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
