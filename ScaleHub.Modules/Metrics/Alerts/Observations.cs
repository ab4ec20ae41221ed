using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>Measures what the rules look at: requests of the last minutes, and what instances tell of themselves.</summary>
internal sealed class Observations(IOptions<AlertOptions> options)
{
    // As each tells of itself (InstanceReport).
    private const string Api = "ScaleHub.Api";

    private readonly AlertOptions _options = options.Value;

    /// <summary>Of requests: all together, and each company's.</summary>
    /// <param name="companies">Their figures.</param>
    /// <param name="minutes">How many minutes the figures are of: two to three.</param>
    /// <param name="throttledBefore">Refused requests a minute in the hour before.</param>
    public IEnumerable<Observation> OfRequests(
        IReadOnlyDictionary<Guid, CompanyFigures> companies, double minutes, double throttledBefore)
    {
        foreach (var (company, figures) in companies)
        {
            // Operators' own requests are the platform's, which is no company.
            if (company == Tenant.Platform) continue;
            var sum = figures.Sum();
            if (sum.Requests < _options.MinimumRequests) continue;
            var p95 = sum.Durations.Quantile(0.95);
            var (errors, throttled) = (Percent(sum.Errors, sum.Requests), Percent(sum.Throttled, sum.Requests));
            if (company != RequestMetrics.Everybody)
            {
                yield return new(AlertRule.CompanyErrors, company, "", errors, _options.CompanyErrorPercent);
                yield return new(AlertRule.CompanyThrottled, company, "", throttled, _options.CompanyThrottledPercent);
                if (p95 is { } took) yield return new(AlertRule.CompanyResponse, company, "", took, _options.CompanyResponseMs);
                continue;
            }
            yield return OfAll(AlertRule.Errors, errors, _options.ErrorPercent);
            if (p95 is { } all) yield return OfAll(AlertRule.Response, all, _options.ResponseMs);
            if (figures.CacheLookups >= _options.MinimumRequests)
                yield return OfAll(AlertRule.CacheHits, Percent(figures.CacheHits, figures.CacheLookups), _options.CacheHitPercent);
            // Never below what would be no news in any hour.
            var usual = Math.Max(throttledBefore, _options.MinimumRequests / Window.TotalMinutes / _options.ThrottledRise);
            yield return OfAll(AlertRule.ThrottledRise, sum.Throttled / minutes, usual * _options.ThrottledRise);
        }
    }

    /// <summary>How long a look goes back, to the beginning of a minute.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    /// <summary>Refused requests a minute in the hour before the last minutes.</summary>
    public static async Task<double> ThrottledBeforeAsync(ScaleHubDb db, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var hour = from.AddHours(-1);
        return await db.Database.SqlQuery<double>($"""
            select coalesce(sum(throttled), 0)::float8 / 60 as "Value" from request_metrics
            where company_id = {RequestMetrics.Everybody} and minute >= {hour} and minute < {from}
            """).SingleAsync(cancellationToken);
    }

    /// <summary>Of the instances that are there: processors, memory, pools; and how far behind standbys are.</summary>
    public async Task<List<Observation>> OfInstancesAsync(ScaleHubDb db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = new List<Observation>();
        var lags = new Dictionary<string, double>();
        var since = now - InstanceReport.GoneAfter;
        var instances = await db.Database.SqlQuery<InstanceRow>($"""
            select case when count(*) over (partition by name) = 1 then name else instance end as "Name", program as "Program",
                cpu_percent as "CpuPercent", memory_bytes as "MemoryBytes",
                memory_limit_bytes as "MemoryLimitBytes", nodes::text as "Nodes"
            from instances where seen_at >= {since}
            """).ToListAsync(cancellationToken);
        var known = await db.Database.SqlQuery<bool>(
            $"select exists (select from instances where program = {Api}) as \"Value\"").SingleAsync(cancellationToken);
        if (known) found.Add(OfAll(AlertRule.Instances, instances.Count(i => i.Program == Api), 1));
        foreach (var instance in instances)
        {
            found.Add(Of(AlertRule.Cpu, instance.Name, instance.CpuPercent, _options.CpuPercent));
            found.Add(Of(AlertRule.Memory, instance.Name, Percent(instance.MemoryBytes, instance.MemoryLimitBytes), _options.MemoryPercent));
            foreach (var node in JsonSerializer.Deserialize<List<NodeReport>>(instance.Nodes, JsonSerializerOptions.Web)!)
            {
                found.Add(Of(AlertRule.Pool, $"{instance.Name}: {node.Name}", Percent(node.Used, node.Max), _options.PoolPercent));
                if (node.Role == "standby") lags[node.Name] = Math.Max(lags.GetValueOrDefault(node.Name), node.LagSeconds);
            }
        }
        found.AddRange(lags.Select(l => Of(AlertRule.Lag, l.Key, l.Value, _options.LagSeconds)));
        return found;
    }

    private static Observation OfAll(AlertRule rule, double value, double threshold) => Of(rule, "", value, threshold);

    private static Observation Of(AlertRule rule, string subject, double value, double threshold)
        => new(rule, Tenant.Platform, subject[..Math.Min(subject.Length, 100)], value, threshold);

    private static double Percent(long part, long of) => of <= 0 ? 0 : 100.0 * part / of;

    private sealed record InstanceRow(string Name, string Program, double CpuPercent, long MemoryBytes, long MemoryLimitBytes, string Nodes);
}
