using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Metrics;

/// <summary>
/// Adds minutes up to hours, hours to days, and days to weeks, as soon as they are over; and deletes what is kept no longer.
/// <para>Guarantee: a span is what its minutes are together, however often it is added up. The last span is added up once more in
/// the next run, for rows that came late; after a time without a worker, all spans whose minutes are still there are. Companies that
/// were erased have no part in it. A thousand companies are in memory at a time.</para>
/// </summary>
public sealed record RollUpMetrics : IJob
{
    /// <inheritdoc/>
    public static string Kind => "metrics.roll_up";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromMinutes(30) };
}

// Reads the primary: a standby may not have the hours that were written a moment before.
internal sealed class RollUpMetricsHandler(ScaleHubDb db, MetricsStore store, TimeProvider time) : IJobHandler<RollUpMetrics>
{
    private const int AtATime = 1000;

    // An instance writes what it counted after ten seconds, and again when the database did not take it.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    public async Task HandleAsync(RollUpMetrics job, JobRun run, CancellationToken cancellationToken)
    {
        var spans = await RollUpAsync(span => run.ReportAsync(50, span, cancellationToken), cancellationToken);
        run.Result = new { spans, deleted = await DeleteOldAsync(cancellationToken) };
    }

    /// <summary>Adds up what is over. How many spans there were.</summary>
    internal async Task<int> RollUpAsync(Func<string, Task> report, CancellationToken cancellationToken)
    {
        var spans = 0;
        foreach (var step in (MetricStep[])[MetricStep.Hour, MetricStep.Day, MetricStep.Week])
        {
            var end = step.StartOf(time.GetUtcNow() - Late);
            var done = await db.RolledUpToAsync(step, cancellationToken);
            var start = done is { } last ? last - step.Length() : await OldestAsync(step, cancellationToken);
            for (; start < end; start += step.Length(), spans++)
            {
                await RollUpAsync(step, start, isNew: done is null || start >= done, cancellationToken);
                await report($"{EnumNames.Write(step)} {start:u}");
            }
        }
        return spans;
    }

    private async Task RollUpAsync(MetricStep step, DateTimeOffset start, bool isNew, CancellationToken cancellationToken)
    {
        var end = start + step.Length();
        var companies = await db.ListCompaniesAsync(step - 1, start, end, cancellationToken);
        // That of everybody comes last, as it says how far it is; also when there were no requests.
        companies.Remove(RequestMetrics.Everybody);
        foreach (var some in companies.Chunk(AtATime).Append([RequestMetrics.Everybody]))
        {
            var figures = await db.AddUpAsync(step - 1, some, start, end, cancellationToken);
            if (isNew && some is [var one] && one == RequestMetrics.Everybody) figures.TryAdd(one, new());
            await store.WriteRollupsAsync(EnumNames.WriteColumn(step), start, figures, cancellationToken);
        }
    }

    private async Task<DateTimeOffset> OldestAsync(MetricStep step, CancellationToken cancellationToken)
    {
        var oldest = step == MetricStep.Hour
            ? db.Database.SqlQuery<DateTimeOffset?>(
                $"select min(minute) as \"Value\" from request_metrics where company_id = {RequestMetrics.Everybody}")
            : db.Database.SqlQuery<DateTimeOffset?>($"""
                select min(starts_at) as "Value" from request_metrics_rollups
                where company_id = {RequestMetrics.Everybody} and step = {EnumNames.WriteColumn(step - 1)}
                """);
        return step.StartOf(await oldest.SingleAsync(cancellationToken) ?? time.GetUtcNow());
    }

    // What an instance or a look wrote of a company while it was being erased goes here, too.
    private Task<int> DeleteOldAsync(CancellationToken cancellationToken)
        // Not audited: these are measurements.
        => db.Database.ExecuteSqlAsync($"""
            with old_alerts as (
                delete from alerts where (state = 'cleared' and cleared_at < now() - interval '13 months')
                    or not exists (select from companies c where c.id = alerts.company_id) returning 1),
            old_activity as (
                delete from user_activity where last_seen_at < now() - interval '31 days'
                    or not exists (select from companies c where c.id = user_activity.company_id) returning 1)
            delete from company_load where not exists (select from companies c where c.id = company_load.company_id)
            """, cancellationToken);
}
