using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// Adds a job at each tick of the schedules in <see cref="JobList"/>.
/// <para>Guarantee: each tick adds one job, however many workers there are: who moves <c>schedules.last_tick</c> forward adds the
/// job in the same transaction. Ticks that passed while no worker ran become one job, for the last of them. A schedule begins
/// when a worker first knows it.</para>
/// </summary>
internal sealed class ScheduleLoop(JobList jobs, IServiceScopeFactory scopes, TimeProvider time, ILogger<ScheduleLoop> logger)
    : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, DateTimeOffset> _next = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rounds = new Rounds("The schedules", logger);
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            do
            {
                foreach (var schedule in jobs.Schedules.Values)
                    await rounds.RunAsync(() => LookAsync(schedule, stoppingToken), stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task LookAsync(JobSchedule schedule, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        if (_next.TryGetValue(schedule.Name, out var next) && now < next) return;
        var last = await TickAsync(schedule, now, cancellationToken);
        _next[schedule.Name] = schedule.Cron.GetNextOccurrence(last.UtcDateTime) is { } tick
            ? new(tick, TimeSpan.Zero)
            : DateTimeOffset.MaxValue;
    }

    /// <summary>Adds the job of the last tick, unless it was added. The moment up to which the schedule is done.</summary>
    private async Task<DateTimeOffset> TickAsync(JobSchedule schedule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(Tenant.Platform);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await using var begin = Command(db, """
            insert into schedules (name, last_tick) values ($1, $2) on conflict (name) do update set name = excluded.name
            returning last_tick
            """, schedule.Name, now);
        var last = new DateTimeOffset((DateTime)(await begin.ExecuteScalarAsync(cancellationToken))!, TimeSpan.Zero);
        if (schedule.LastTick(last, now) is { } tick)
        {
            await using var move = Command(db, "update schedules set last_tick = $2 where name = $1", schedule.Name, tick);
            await move.ExecuteNonQueryAsync(cancellationToken);
            await schedule.AddAsync(scope.ServiceProvider.GetRequiredService<JobQueue>(), tick, cancellationToken);
            last = tick;
        }
        await transaction.CommitAsync(cancellationToken);
        return last;
    }

    private static NpgsqlCommand Command(ScaleHubDb db, string sql, string name, DateTimeOffset at)
        => new(sql, db.TransactionConnection) { Parameters = { new() { Value = name }, new() { Value = at } } };
}
