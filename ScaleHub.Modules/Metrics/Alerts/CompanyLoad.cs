using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>How the companies stand in the last minutes, for lists by load (table <c>company_load</c>).</summary>
internal static class CompanyLoad
{
    /// <summary>Writes all of them anew; who has made no request is not in the table.</summary>
    public static async Task WriteAsync(
        ScaleHubDb db, IReadOnlyDictionary<Guid, CompanyFigures> companies, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = companies.Where(c => c.Key != RequestMetrics.Everybody && c.Key != Tenant.Platform)
            .Select(c => (Id: c.Key, Figures: c.Value, Sum: c.Value.Sum())).ToList();
        T[] Column<T>(Func<(Guid Id, CompanyFigures Figures, RequestFigures Sum), T> value) => [.. rows.Select(value)];
        double?[] Quantile(double quantile) => Column(r => r.Sum.Durations.Quantile(quantile));
        // Not audited: these are measurements.
        await db.Database.ExecuteSqlAsync($"""
            with load as (
                select * from unnest({Column(r => r.Id)}, {Column(r => r.Sum.Requests)}, {Column(r => r.Sum.Errors)}, {Column(r => r.Sum.Throttled)},
                    {Column(r => r.Figures.CacheLookups)}, {Column(r => r.Figures.CacheHits)}, {Quantile(0.5)}, {Quantile(0.95)},
                    {Quantile(0.99)}, {Column(r => SlowestOf(r.Figures))})
                    l (company_id, requests, errors, throttled, cache_lookups, cache_hits, p50_ms, p95_ms, p99_ms, slowest_endpoint)),
            gone as (delete from company_load where not exists (select from load l where l.company_id = company_load.company_id))
            insert into company_load select *, {now} from load
            on conflict (company_id) do update set requests = excluded.requests, errors = excluded.errors, throttled = excluded.throttled,
                cache_lookups = excluded.cache_lookups, cache_hits = excluded.cache_hits, p50_ms = excluded.p50_ms,
                p95_ms = excluded.p95_ms, p99_ms = excluded.p99_ms, slowest_endpoint = excluded.slowest_endpoint, at = excluded.at
            """, cancellationToken);
    }

    private static long? SlowestOf(CompanyFigures figures) => figures.Endpoints
        .Select(e => (e.Key, P95: e.Value.Durations.Quantile(0.95))).Where(e => e.P95 is not null)
        .OrderByDescending(e => e.P95).Select(e => (long?)e.Key).FirstOrDefault();
}
