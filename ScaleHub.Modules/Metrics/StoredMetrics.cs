using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Metrics;

/// <summary>Reads the tables of metrics, as the company or as the platform.</summary>
internal static class StoredMetrics
{
    /// <summary>
    /// A company's figures by span, in the order of time; spans without requests are left out. What is not rolled up yet is added up
    /// from finer rows, so that the last request counts a few seconds after it was answered.
    /// </summary>
    public static async Task<SortedDictionary<DateTimeOffset, CompanyFigures>> ReadSeriesAsync(
        this ReadDb db, Guid company, MetricStep step, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var series = new SortedDictionary<DateTimeOffset, CompanyFigures>();
        for (var finer = step; ; finer--)
        {
            await foreach (var row in Rows(db, company, finer, from, to).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                var start = step.StartOf(row.At);
                if (!series.TryGetValue(start, out var figures)) series[start] = figures = new();
                figures.Add(row.Figures);
            }
            if (finer == MetricStep.Minute) return series;
            if (await db.RolledUpToAsync(finer, cancellationToken) is { } rolledUpTo && rolledUpTo > from) from = rolledUpTo;
            if (from >= to) return series;
        }
    }

    /// <summary>The end of the last span of that length that is rolled up; null: none is.</summary>
    public static async Task<DateTimeOffset?> RolledUpToAsync(this TenantDbContext db, MetricStep step, CancellationToken cancellationToken)
        => await db.Database.SqlQuery<DateTimeOffset?>($"select metrics_rolled_up_to({EnumNames.WriteColumn(step)}) as \"Value\"")
            .SingleAsync(cancellationToken);

    /// <summary>All companies' figures of a span, added up from the rows of the next finer one. For the platform.</summary>
    public static async Task<Dictionary<Guid, CompanyFigures>> AddUpAsync(
        this TenantDbContext db, MetricStep finer, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var companies = new Dictionary<Guid, CompanyFigures>();
        var rows = finer == MetricStep.Minute
            ? db.Database.SqlQuery<Row>($"""
                select company_id as "CompanyId", minute as "At", requests as "Requests", errors as "Errors", throttled as "Throttled",
                    cache_lookups as "CacheLookups", cache_hits as "CacheHits", endpoints as "Endpoints"
                from request_metrics where minute >= {from} and minute < {to}
                """)
            : db.Database.SqlQuery<Row>($"""
                select company_id as "CompanyId", starts_at as "At", requests as "Requests", errors as "Errors",
                    throttled as "Throttled", cache_lookups as "CacheLookups", cache_hits as "CacheHits", endpoints as "Endpoints"
                from request_metrics_rollups
                where step = {EnumNames.WriteColumn(finer)} and starts_at >= {from} and starts_at < {to}
                """);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (!companies.TryGetValue(row.CompanyId, out var figures)) companies[row.CompanyId] = figures = new();
            figures.Add(row.Figures);
        }
        return companies;
    }

    // Served by the primary keys.
    private static IQueryable<Row> Rows(ReadDb db, Guid company, MetricStep step, DateTimeOffset from, DateTimeOffset to)
        => step == MetricStep.Minute
            ? db.Database.SqlQuery<Row>($"""
                select company_id as "CompanyId", minute as "At", requests as "Requests", errors as "Errors", throttled as "Throttled",
                    cache_lookups as "CacheLookups", cache_hits as "CacheHits", endpoints as "Endpoints"
                from request_metrics where company_id = {company} and minute >= {from} and minute < {to}
                """)
            : db.Database.SqlQuery<Row>($"""
                select company_id as "CompanyId", starts_at as "At", requests as "Requests", errors as "Errors",
                    throttled as "Throttled", cache_lookups as "CacheLookups", cache_hits as "CacheHits", endpoints as "Endpoints"
                from request_metrics_rollups
                where company_id = {company} and step = {EnumNames.WriteColumn(step)} and starts_at >= {from} and starts_at < {to}
                """);

    private sealed record Row(
        Guid CompanyId, DateTimeOffset At, long Requests, long Errors, long Throttled, long CacheLookups, long CacheHits, byte[] Endpoints)
    {
        public StoredFigures Figures => new(Requests, Errors, Throttled, CacheLookups, CacheHits, Endpoints);
    }
}
