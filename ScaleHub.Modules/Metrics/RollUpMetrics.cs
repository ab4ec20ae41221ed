using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Metrics;

/// <summary>
/// Adds minutes up to hours, hours to days, and days to weeks, as soon as they are over.
/// <para>Guarantee: a span is what its minutes are together, however often it is added up. The last span is added up once more in
/// the next run, for rows that came late; after a time without a worker, all spans whose minutes are still there are.</para>
/// </summary>
public sealed record RollUpMetrics : IJob
{
    /// <inheritdoc/>
    public static string Kind => "metrics.roll_up";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromMinutes(30) };
}

internal sealed class RollUpMetricsHandler(ReadDb db, MetricsStore store, TimeProvider time) : IJobHandler<RollUpMetrics>
{
    // An instance writes what it counted after ten seconds, and again when the database did not take it.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    public async Task HandleAsync(RollUpMetrics job, JobRun run, CancellationToken cancellationToken)
        => run.Result = new { spans = await RollUpAsync(span => run.ReportAsync(50, span, cancellationToken), cancellationToken) };

    /// <summary>Adds up what is over. How many spans there were.</summary>
    internal async Task<int> RollUpAsync(Func<string, Task> report, CancellationToken cancellationToken)
    {
        var spans = 0;
        foreach (var step in (MetricStep[])[MetricStep.Hour, MetricStep.Day, MetricStep.Week])
        {
            var end = step.StartOf(time.GetUtcNow() - Late);
            for (var start = await FirstAsync(step, cancellationToken); start < end; start += step.Length())
            {
                var companies = await db.AddUpAsync(step - 1, start, start + step.Length(), cancellationToken);
                // That of everybody says how far it is, also when there were no requests.
                companies.TryAdd(RequestMetrics.Everybody, new());
                await store.WriteRollupsAsync(EnumNames.WriteColumn(step), start, companies, cancellationToken);
                await report($"{EnumNames.Write(step)} {start:u}");
                spans++;
            }
        }
        return spans;
    }

    private async Task<DateTimeOffset> FirstAsync(MetricStep step, CancellationToken cancellationToken)
    {
        if (await db.RolledUpToAsync(step, cancellationToken) is { } rolledUpTo) return rolledUpTo - step.Length();
        var oldest = step == MetricStep.Hour
            ? db.Database.SqlQuery<DateTimeOffset?>(
                $"select min(minute) as \"Value\" from request_metrics where company_id = {RequestMetrics.Everybody}")
            : db.Database.SqlQuery<DateTimeOffset?>($"""
                select min(starts_at) as "Value" from request_metrics_rollups
                where company_id = {RequestMetrics.Everybody} and step = {EnumNames.WriteColumn(step - 1)}
                """);
        return step.StartOf(await oldest.SingleAsync(cancellationToken) ?? time.GetUtcNow());
    }
}
