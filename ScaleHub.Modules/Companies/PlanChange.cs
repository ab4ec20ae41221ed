using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;

namespace ScaleHub.Modules.Companies;

/// <summary>What does not fit into a plan; the member <c>over</c> of the problem.</summary>
/// <param name="Resource"><c>users</c>, <c>patients</c>, <c>orders</c>, <c>products</c> or <c>exams</c>.</param>
/// <param name="Used">How many there are; of orders and exams, this month.</param>
/// <param name="Limit">How many the plan allows.</param>
public sealed record OverPlan(string Resource, long Used, long Limit);

/// <summary>Changes which plan a company is on. Billing says when it may.</summary>
public static class PlanChange
{
    /// <summary>
    /// Puts the company on a plan. Every instance goes by the new limits in milliseconds, within a second when Redis is away.
    /// </summary>
    /// <param name="db">With a transaction open; the caller saves.</param>
    /// <param name="plans">Of the same unit of work: told of the change.</param>
    /// <param name="cache">Of the same unit of work: has what the quotas are.</param>
    /// <param name="plan">One of the plans.</param>
    /// <param name="mustFit">Whether nothing changes while more is in use than the plan allows.</param>
    /// <param name="now">The moment, whose month counts.</param>
    /// <param name="cancellationToken">Ends the wait for those who create something just now.</param>
    /// <returns>What does not fit; then nothing has changed.</returns>
    public static async Task<IReadOnlyList<OverPlan>> SetPlanAsync(
        this ScaleHubDb db, CompanyPlans plans, CompanyCache cache, string plan, bool mustFit, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var id = db.Tenant.RequiredCompanyId;
        // Locks the counters before the company's row, as code that creates something does, so that the two cannot deadlock.
        var used = mustFit ? await db.LockQuotasAsync(now, cancellationToken) : null;
        var company = await db.Companies.FromSql($"select * from companies where id = {id} for no key update")
            .SingleAsync(cancellationToken);
        if (company.Plan == plan) return [];
        if (used is not null)
        {
            var wanted = await db.Plans.Include(p => p.Quotas).SingleAsync(p => p.Name == plan, cancellationToken);
            if (Over(wanted, used) is { Count: > 0 } over) return over;
        }
        plans.WillChange(db.UnitOfWork, id);
        company.Plan = plan;
        await cache.WillChangeAsync(QuotaStatus.Cached);
        return [];
    }

    private static List<OverPlan> Over(Plan plan, IReadOnlyDictionary<string, long> used)
        => [.. plan.Quotas.Where(q => used.GetValueOrDefault(q.Resource) > q.Limit).OrderBy(q => q.Resource, StringComparer.Ordinal)
            .Select(q => new OverPlan(q.Resource, used[q.Resource], q.Limit))];
}
