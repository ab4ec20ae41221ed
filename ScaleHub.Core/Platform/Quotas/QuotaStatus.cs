using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Quotas;

/// <summary>How a company stands with what its plan allows.</summary>
/// <param name="CompanyId">The company.</param>
/// <param name="Plan"><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</param>
/// <param name="Quotas">Every quota.</param>
public sealed record QuotaStatus(Guid CompanyId, string Plan, IReadOnlyList<QuotaUse> Quotas)
{
    /// <summary>The namespace in the company's cache: whoever changes a counter or the plan says so before.</summary>
    public const string Cached = "quotas";

    /// <summary>Reads the counters, in one round trip and without a lock.</summary>
    /// <returns>Null when there is no such company.</returns>
    public static async Task<QuotaStatus?> ReadAsync(TenantDbContext db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var company = db.Tenant.RequiredCompanyId;
        var month = Quota.Month(now);
        var rows = await db.Database.SqlQuery<Row>($"""
            select resource as "Resource", company_plan as "Plan", quota as "Limit", used as "Used", monthly as "Monthly"
            from quota_status({company}, {month})
            """).ToListAsync(cancellationToken);
        var nextMonth = new DateTimeOffset(month / 100, month % 100, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        return rows is [var first, ..]
            ? new(company, first.Plan, [.. rows.Select(r =>
                new QuotaUse(r.Resource, r.Limit, r.Used, Math.Max(r.Limit - r.Used, 0), r.Monthly ? nextMonth : null))])
            : null;
    }

    private sealed record Row(string Resource, string Plan, long Limit, long Used, bool Monthly);
}

/// <summary>One quota of a company.</summary>
/// <param name="Resource"><c>users</c>, <c>patients</c>, <c>orders</c>, <c>products</c> or <c>exams</c>.</param>
/// <param name="Limit">Most that the plan allows.</param>
/// <param name="Used">How many there are; of orders and exams, this month.</param>
/// <param name="Remaining">How many more there can be; 0 when more are used than a smaller plan allows.</param>
/// <param name="ResetsAt">When the count starts from 0 again; null for what is counted as it stands.</param>
public sealed record QuotaUse(string Resource, long Limit, long Used, long Remaining, DateTimeOffset? ResetsAt);
