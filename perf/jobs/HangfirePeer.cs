using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Npgsql;

namespace ScaleHub.Perf.Jobs;

/// <summary>What Hangfire calls.</summary>
public static class HangfireJobs
{
    public static NpgsqlDataSource Source { get; set; } = null!;

    public static void Empty(Guid id)
    {
        Seen.Begin(id);
        Seen.End();
    }

    public static async Task WriteAsync(Guid id)
    {
        Seen.Begin(id);
        await using var command = Source.CreateCommand("insert into effects values ($1)");
        command.Parameters.Add(new() { Value = id });
        await command.ExecuteNonQueryAsync();
        Seen.End();
    }
}

/// <summary>Hangfire on PostgreSQL, woken by NOTIFY, as its documentation says for low latency.</summary>
internal sealed class HangfirePeer : IContender
{
    private readonly PostgreSqlStorage _storage;
    private readonly BackgroundJobClient _client;

    public HangfirePeer(string connectionString)
    {
        HangfireJobs.Source = NpgsqlDataSource.Create(connectionString);
        _storage = new(new NpgsqlConnectionFactory(connectionString, new PostgreSqlStorageOptions()), new PostgreSqlStorageOptions
        {
            QueuePollInterval = TimeSpan.FromMilliseconds(100),
            EnableLongPolling = true,
            // A job that was fetched by a server that stops at that moment comes back so much later; the default is half an hour.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromSeconds(30),
        });
        _client = new(_storage);
    }

    public string Name => "Hangfire.PostgreSql";

    public Task AddEmptyAsync(Guid id)
    {
        _client.Enqueue(() => HangfireJobs.Empty(id));
        return Task.CompletedTask;
    }

    public Task AddWritingAsync(Guid id)
    {
        _client.Enqueue(() => HangfireJobs.WriteAsync(id));
        return Task.CompletedTask;
    }

    public Task<IAsyncDisposable> StartWorkerAsync(int slots)
        => Task.FromResult<IAsyncDisposable>(new Server(new(new BackgroundJobServerOptions { WorkerCount = slots }, _storage)));

    private sealed class Server(BackgroundJobServer server) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            server.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
