using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Jobs;

internal sealed record Empty(Guid Id) : IJob
{
    public static string Kind => "perf.empty";
}

internal sealed record Writing(Guid Id) : IJob
{
    public static string Kind => "perf.writing";
}

internal sealed class EmptyHandler : IJobHandler<Empty>
{
    public Task HandleAsync(Empty job, JobRun run, CancellationToken cancellationToken)
    {
        Seen.Begin(job.Id);
        Seen.End();
        return Task.CompletedTask;
    }
}

internal sealed class WritingHandler(ScaleHubDb db) : IJobHandler<Writing>
{
    public async Task HandleAsync(Writing job, JobRun run, CancellationToken cancellationToken)
    {
        Seen.Begin(job.Id);
        await db.Database.ExecuteSqlAsync($"insert into effects values ({job.Id})", cancellationToken);
        Seen.End();
    }
}

/// <summary>ScaleHub's queue: forty companies, everything on.</summary>
internal sealed class Ours(TestDatabase database, PlatformHost client) : IContender
{
    private readonly Guid[] _companies = [.. Enumerable.Range(0, 40).Select(_ => Guid.CreateVersion7())];
    private int _added;

    public string Name => "ScaleHub";

    public Task AddEmptyAsync(Guid id) => AddAsync(new Empty(id));

    public Task AddWritingAsync(Guid id) => AddAsync(new Writing(id));

    public async Task<IAsyncDisposable> StartWorkerAsync(int slots)
        => await PlatformHost.StartAsync(database, builder =>
        {
            builder.Services.AddSingleton(new JobList().Handle<Empty, EmptyHandler>().Handle<Writing, WritingHandler>());
            builder.AddJobLoops();
        }, ("Jobs:Slots", $"{slots}"));

    private async Task AddAsync<T>(T job) where T : IJob
    {
        var company = _companies[Interlocked.Increment(ref _added) % _companies.Length];
        await using var scope = client.Services.GetRequiredService<IServiceScopeFactory>().CreateScopeOf(company);
        scope.ServiceProvider.GetRequiredService<JobQueue>().Add(job);
        await scope.ServiceProvider.GetRequiredService<ScaleHubDb>().SaveChangesAsync();
    }
}
