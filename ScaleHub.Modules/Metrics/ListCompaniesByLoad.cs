using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Input;
using ScaleHub.Http.Metrics;
using ScaleHub.Modules.Metrics.Alerts;

namespace ScaleHub.Modules.Metrics;

/// <summary>Companies, those first that have most of what the list is sorted by.</summary>
/// <param name="At">When it was measured; null: nobody has made a request in the last minutes.</param>
/// <param name="WindowSeconds">The last seconds that the figures are of, at least.</param>
/// <param name="Total">Companies that match.</param>
/// <param name="Items">The first of them.</param>
public sealed record ListCompaniesByLoadResponse(DateTimeOffset? At, int WindowSeconds, long Total, IReadOnlyList<CompanyByLoad> Items);

/// <summary>A company and its requests of the last minutes.</summary>
/// <param name="CompanyId">Which.</param>
/// <param name="Name">Its name.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="Figures">How its requests went.</param>
/// <param name="SlowestEndpoint">The one with the highest 95th percentile; null without requests.</param>
/// <param name="OpenProblems">How many there are.</param>
public sealed record CompanyByLoad(Guid CompanyId, string Name, string Plan, Figures Figures, string? SlowestEndpoint, int OpenProblems);

/// <summary>What a list of companies is sorted by.</summary>
public enum CompanySort
{
    /// <summary>Most requests first.</summary>
    Requests,

    /// <summary>Slowest first, by the 95th percentile.</summary>
    P95,

    /// <summary>Most errors first, in percent.</summary>
    Errors,

    /// <summary>Most refused requests first.</summary>
    Throttled,

    /// <summary>Fewest cache hits first, in percent.</summary>
    CacheHits,
}

/// <summary><c>GET /api/admin/metrics/companies?sort=&amp;search=&amp;limit=</c>: companies by load, for an operator.</summary>
public static class ListCompaniesByLoad
{
    /// <summary>Lists companies by how their requests went in the last two to three minutes; those without requests come last.</summary>
    // Reads all companies: 10,000 of them take some milliseconds. The order changes by the minute, so that there are no pages.
    public static async Task<Ok<ListCompaniesByLoadResponse>> HandleAsync(
        [FromQuery] EnumName<CompanySort>? sort, [StringLength(200), Description("A part of the name, or an identifier.")] string? search,
        [Range(1, 200), Description("At most so many, 50 by default.")] int? limit, ReadDb db, EndpointNames names,
        CancellationToken cancellationToken)
    {
        var text = search?.Trim() is { Length: > 0 } given ? given : null;
        Guid? id = Guid.TryParse(text, out var parsed) ? parsed : null;
        var pattern = text is null ? null : $"%{Escape(text)}%";
        var order = Core.Platform.EnumNames.Write(sort?.Value ?? CompanySort.Requests);
        var rows = await db.Database.SqlQuery<Row>($"""
            select c.id as "Id", c.name as "Name", c.plan as "Plan", l.at as "At", coalesce(l.requests, 0) as "Requests",
                coalesce(l.errors, 0) as "Errors", coalesce(l.throttled, 0) as "Throttled", coalesce(l.cache_lookups, 0) as "Lookups",
                coalesce(l.cache_hits, 0) as "Hits", l.p50_ms as "P50", l.p95_ms as "P95", l.p99_ms as "P99",
                l.slowest_endpoint as "Slowest", count(*) over () as "Total",
                (select count(*) from alerts a where a.company_id = c.id and a.state = 'open')::int as "Problems"
            from companies c left join company_load l on l.company_id = c.id
            where c.id <> {Tenant.Platform} and ({pattern}::text is null or c.name ilike {pattern} or c.id = {id})
            order by case {order}
                    when 'p95' then l.p95_ms
                    when 'errors' then 100.0 * l.errors / nullif(l.requests, 0)
                    when 'throttled' then l.throttled
                    when 'cacheHits' then 100 - 100.0 * l.cache_hits / nullif(l.cache_lookups, 0)
                    else l.requests end desc nulls last,
                l.requests desc nulls last, c.name, c.id
            limit {limit ?? 50}
            """).ToListAsync(cancellationToken);
        return TypedResults.Ok(new ListCompaniesByLoadResponse(
            rows.Max(r => r.At), (int)Observations.Window.TotalSeconds, rows.FirstOrDefault()?.Total ?? 0,
            [.. rows.Select(r => r.Describe(names))]));
    }

    private static string Escape(string text)
        => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);

    private sealed record Row(
        Guid Id, string Name, string Plan, DateTimeOffset? At, long Requests, long Errors, long Throttled, long Lookups, long Hits, double? P50,
        double? P95, double? P99, long? Slowest, long Total, int Problems)
    {
        public CompanyByLoad Describe(EndpointNames names) => new(
            Id, Name, Plan, new(Requests, Math.Round(Requests / SpanOf(At).TotalMinutes, 2), Errors, Figures.Percent(Errors, Requests) ?? 0, Throttled,
                Ms(P50), Ms(P95), Ms(P99), Figures.Percent(Hits, Lookups)),
            Slowest is { } id ? names.Find((uint)id) : null, Problems);

        private static TimeSpan SpanOf(DateTimeOffset? at)
            => at is { } time ? time - MetricStep.Minute.StartOf(time - Observations.Window) : Observations.Window;

        private static double? Ms(double? value) => value is { } ms ? Math.Round(ms, 3) : null;
    }
}
