using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Metrics;

/// <summary>A company's figures over some time.</summary>
/// <param name="Total">All of it, by endpoint.</param>
/// <param name="Points">All endpoints together, in the order of time; spans without requests are left out.</param>
internal sealed record MetricsSeries(CompanyFigures Total, SortedDictionary<DateTimeOffset, PointFigures> Points);

/// <summary>A point of a series.</summary>
internal sealed class PointFigures
{
    public RequestFigures Sum { get; } = new();

    public long CacheLookups { get; private set; }

    public long CacheHits { get; private set; }

    public void Add(CompanyFigures figures)
    {
        Sum.Add(figures.Sum());
        (CacheLookups, CacheHits) = (CacheLookups + figures.CacheLookups, CacheHits + figures.CacheHits);
    }
}

/// <summary>Reads the tables of metrics, as the company or as the platform.</summary>
internal static class StoredMetrics
{
    /// <summary>
    /// A company's figures. What is not rolled up yet is added up from finer rows, so that the last request counts a few seconds after
    /// it was answered.
    /// </summary>
    public static async Task<MetricsSeries> ReadSeriesAsync(
        this ReadDb db, Guid company, MetricStep step, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var series = new MetricsSeries(new(), []);
        for (var finer = step; from < to; finer--)
        {
            // Asked before: what is rolled up after this is read from the finer rows all the same, and from nowhere else.
            var end = finer == MetricStep.Minute ? to : await db.RolledUpToAsync(finer, cancellationToken) ?? from;
            if (end > to) end = to;
            var rows = db.Rows(finer, from, end).Where(r => r.CompanyId == company);
            await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                var figures = CompanyFigures.Read(row.Figures);
                series.Total.Add(figures);
                var start = step.StartOf(row.At);
                if (!series.Points.TryGetValue(start, out var point)) series.Points[start] = point = new();
                point.Add(figures);
            }
            if (end > from) from = end;
            if (finer == MetricStep.Minute) break;
        }
        return series;
    }

    /// <summary>The end of the last span of that length that is rolled up; null: none is.</summary>
    public static async Task<DateTimeOffset?> RolledUpToAsync(this TenantDbContext db, MetricStep step, CancellationToken cancellationToken)
        => await db.Database.SqlQuery<DateTimeOffset?>($"select metrics_rolled_up_to({EnumNames.WriteColumn(step)}) as \"Value\"")
            .SingleAsync(cancellationToken);

    /// <summary>
    /// The companies with figures in a span, the sum of all among them; for the platform. Those that were erased since are left out.
    /// </summary>
    public static Task<List<Guid>> ListCompaniesAsync(
        this TenantDbContext db, MetricStep step, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
        => db.Rows(step, from, to).Select(r => r.CompanyId).Distinct()
            .Where(id => id == RequestMetrics.Everybody || db.Set<Company>().Any(c => c.Id == id)).ToListAsync(cancellationToken);

    /// <summary>Companies' figures of a span, added up. For the platform.</summary>
    /// <param name="db">Acts for the platform.</param>
    /// <param name="step">Which rows.</param>
    /// <param name="only">Those companies, found by the primary key; null: all, found by time.</param>
    /// <param name="from">From where on.</param>
    /// <param name="to">To before when.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Dictionary<Guid, CompanyFigures>> AddUpAsync(
        this TenantDbContext db, MetricStep step, Guid[]? only, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var companies = new Dictionary<Guid, CompanyFigures>();
        var rows = db.Rows(step, from, to);
        if (only is not null) rows = rows.Where(r => only.Contains(r.CompanyId));
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var figures = CompanyFigures.Read(row.Figures);
            if (companies.TryGetValue(row.CompanyId, out var sum)) sum.Add(figures);
            else companies[row.CompanyId] = figures;
        }
        return companies;
    }

    private static IQueryable<Row> Rows(this TenantDbContext db, MetricStep step, DateTimeOffset from, DateTimeOffset to)
        => step == MetricStep.Minute
            ? db.Database.SqlQuery<Row>($"""
                select company_id as "CompanyId", minute as "At", requests as "Requests", errors as "Errors", throttled as "Throttled",
                    cache_lookups as "CacheLookups", cache_hits as "CacheHits", endpoints as "Endpoints"
                from request_metrics where minute >= {from} and minute < {to}
                """)
            : db.Database.SqlQuery<Row>($"""
                select company_id as "CompanyId", starts_at as "At", requests as "Requests", errors as "Errors",
                    throttled as "Throttled", cache_lookups as "CacheLookups", cache_hits as "CacheHits", endpoints as "Endpoints"
                from request_metrics_rollups
                where step = {EnumNames.WriteColumn(step)} and starts_at >= {from} and starts_at < {to}
                """);

    private sealed record Row(
        Guid CompanyId, DateTimeOffset At, long Requests, long Errors, long Throttled, long CacheLookups, long CacheHits, byte[] Endpoints)
    {
        public StoredFigures Figures => new(Requests, Errors, Throttled, CacheLookups, CacheHits, Endpoints);
    }
}
