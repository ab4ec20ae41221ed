using Npgsql;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Metrics.Alerts;

/// <summary>
/// Faults of the processes and servers themselves, as they happen in production, and a real worker that looks for them: a pool whose
/// connections all wait for a lock, a standby that does not replay, an instance that has all it can do, and one without memory.
/// </summary>
public sealed class RealFaultTests : IAsyncLifetime
{
    private const int PoolSize = 6;
    private const string StandbyName = "scalehub-replica-1";

    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new();
    private TestDatabase _database = null!;
    private StandbyServer _standby = null!;
    private ApiProcesses _api = null!;
    private WorkerProcesses _worker = null!;

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_postgres.InitializeAsync(), _redis.InitializeAsync());
        _database = await _postgres.CreateDatabaseAsync();
        _standby = await StandbyServer.StartAsync(_postgres);
        _api = await ApiProcesses.StartAsync(_postgres, _redis, _database, 1,
            _standby.SettingFor(_database), ("OTEL_SERVICE_NAME", "api-1"), ("RateLimits__Scale", "1000"), ("Postgres__Pool__Max", $"{PoolSize}"),
            // What waits for a lock keeps its connection for as long as the fault lasts.
            ("Postgres__CommandTimeoutSeconds", "300"));
        _worker = new(
            ("ConnectionStrings__scalehub", _database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            _standby.SettingFor(_database),
            ("ConnectionStrings__redis", _redis.ConnectionString), ("ScaleHub__Secret", PostgresServer.Secret), ("OTEL_SERVICE_NAME", "worker"),
            ("Alerts__ClearAfterSeconds", "5"),
            // On processors that others keep busy too, an instance does not get more than a part of them.
            ("Alerts__CpuPercent", "20"));
        _worker.Start();
    }

    public async Task DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        if (_standby is not null) await _standby.DisposeAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task Each_is_told_of_and_is_over_when_the_fault_is()
    {
        await Task.WhenAll(FullPoolAsync(), LateStandbyAsync(), LittleMemoryAsync());
        // By itself, as it takes from the others what they need to tell of themselves.
        await BusyProcessorsAsync();
    }

    private async Task FullPoolAsync()
    {
        using var account = await _api.RegisterAsync();
        await using var locking = NpgsqlDataSource.Create(_database.Owner);
        await using (var connection = await locking.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("lock table tasks in share mode", connection, transaction);
            await command.ExecuteNonQueryAsync();
            await WhileSendingAsync(3 * PoolSize, () => account.Client.PostJsonAsync("/api/v1/tasks", new { title = "Waits" }),
                UntilAsync("pool of api-1: scalehub", "open"), ended: () => transaction.RollbackAsync());
        }
        await UntilAsync("pool of api-1: scalehub", "cleared");
    }

    private async Task LateStandbyAsync()
    {
        var standby = _standby.Of(_postgres.ConnectionString());
        await PostgresServer.ExecuteAsync(standby, "select pg_wal_replay_pause()");
        await UntilAsync($"lag of {StandbyName}", "open");
        await PostgresServer.ExecuteAsync(standby, "select pg_wal_replay_resume()");
        await UntilAsync($"lag of {StandbyName}", "cleared");
    }

    private async Task BusyProcessorsAsync()
    {
        using var client = _api.CreateClient();
        await WhileSendingAsync(32, () => client.GetAsync("/api/v1/prices"), UntilAsync("cpu of api-1", "open"));
        await UntilAsync("cpu of api-1", "cleared");
    }

    private async Task LittleMemoryAsync()
    {
        await using var small = await ApiProcesses.StartAsync(_postgres, _redis, _database, 1,
            _standby.SettingFor(_database), ("OTEL_SERVICE_NAME", "api-small"),
            // Hexadecimal bytes: less than the program itself takes.
            ("DOTNET_GCHeapHardLimit", "6000000"));
        await UntilAsync("memory of api-small", "open");
        await small.KillAsync(0);
        await UntilAsync("memory of api-small", "cleared");
    }

    // Whatever comes of each request: it is the fault, and the alert is what is looked at.
    private static async Task WhileSendingAsync(
        int senders, Func<Task<HttpResponseMessage>> send, Task until, Func<Task>? ended = null)
    {
        var sending = Task.WhenAll(Enumerable.Range(0, senders).Select(async _ =>
        {
            while (!until.IsCompleted) (await send()).Dispose();
        }));
        try
        {
            await until;
        }
        finally
        {
            if (ended is not null) await ended();
            await sending;
        }
    }

    private Task UntilAsync(string alert, string state)
        => Poll.UntilAsync(
            async () => Assert.Contains($"{alert} {state}", await PostgresServer.QueryAsync(
                _database.Owner, "select rule || ' of ' || subject || ' ' || state from alerts")),
            seconds: 150, everyMs: 500);
}
