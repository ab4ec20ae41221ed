using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Jobs;

/// <summary>A database with a table for effects, and workers on it in the process of the tests.</summary>
internal sealed class JobsHost : IAsyncDisposable
{
    private readonly List<PlatformHost> _workers = [];
    private readonly (string, string)[] _settings;
    private PlatformHost _client = null!;

    private JobsHost(TestDatabase database, (string, string)[] settings) => (Database, _settings) = (database, settings);

    public TestDatabase Database { get; }

    public Stage Stage { get; } = new();

    public Guid Company { get; } = Guid.CreateVersion7();

    public static async Task<JobsHost> StartAsync(PostgresServer server, int workers = 1, params (string, string)[] settings)
    {
        var host = new JobsHost(await server.CreateDatabaseAsync(), settings);
        await PostgresServer.ExecuteAsync(host.Database.Owner, """
            create table effects (n int generated always as identity, name text, attempt int, at timestamptz default clock_timestamp());
            grant select, insert on effects to scalehub_app;
            """);
        host._client = await PlatformHost.StartAsync(host.Database, settings);
        for (var i = 0; i < workers; i++) await host.StartWorkerAsync();
        return host;
    }

    public Task<PlatformHost> StartWorkerAsync(Action<JobList>? more = null)
    {
        var jobs = new JobList().Handle<Note, NoteHandler>().Handle<NoteOutside, NoteOutsideHandler>();
        more?.Invoke(jobs);
        return StartWorkerAsync(jobs);
    }

    public async Task<PlatformHost> StartWorkerAsync(JobList jobs)
    {
        var worker = await PlatformHost.StartAsync(Database, builder =>
        {
            builder.Services.AddSingleton(jobs);
            builder.Services.AddSingleton(Stage);
            builder.AddJobLoops();
            builder.AddMailSender();
        }, _settings);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Stops a worker as SIGTERM does.</summary>
    public async Task StopAsync(PlatformHost worker)
    {
        _workers.Remove(worker);
        await worker.DisposeAsync();
    }

    /// <summary>Adds jobs in one transaction.</summary>
    public async Task<T> AddAsync<T>(Func<JobQueue, Task<T>> add, Guid? company = null, bool commit = true)
    {
        await using var scope = _client.Services.GetRequiredService<IServiceScopeFactory>().CreateScopeOf(company ?? Company);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var added = await add(scope.ServiceProvider.GetRequiredService<JobQueue>());
        await db.SaveChangesAsync();
        if (commit) await transaction.CommitAsync();
        return added;
    }

    public Task<Guid> AddAsync<TJob>(TJob job, JobOptions? options = null, Guid? company = null) where TJob : IJob
        => AddAsync(queue => Task.FromResult(queue.Add(job, options)), company);

    /// <summary>A unit of work of the company, without a worker.</summary>
    public AsyncServiceScope Scope() => _client.Scope(Company);

    public Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(Database.Owner, sql);

    public Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(Database.Owner, sql);

    public Task<List<string>> EffectsAsync() => QueryAsync("select name from effects order by n");

    /// <summary>State and attempts of a job, wherever it is.</summary>
    public async Task<string> StateAsync(Guid job)
        => Assert.Single(await QueryAsync($"select state || ' ' || attempts from job_history where id = '{job}'"));

    public Task UntilAsync(Guid job, string state) => Poll.UntilAsync(async () =>
    {
        var now = await StateAsync(job);
        Assert.True(state == now, $"{now} {string.Join(' ', await QueryAsync($"select coalesce(error, '') from jobs where id = '{job}'"))}");
    }, seconds: 30);

    public Task UntilWaitingAsync(int runs = 1) => Poll.UntilAsync(() => Stage.Waiting >= runs, seconds: 30);

    public async ValueTask DisposeAsync()
    {
        Stage.Gate.TrySetResult();
        foreach (var worker in _workers) await worker.DisposeAsync();
        await _client.DisposeAsync();
    }
}
