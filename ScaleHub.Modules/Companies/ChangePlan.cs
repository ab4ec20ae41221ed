using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Companies;

/// <summary>Body of <c>PUT /api/v1/company/plan</c>.</summary>
/// <param name="Plan"><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</param>
[BodyExample("""{ "plan": "BASIC" }""")]
public sealed record ChangePlanRequest(
    [property: Required, AllowedValues("FREE", "BASIC", "PROFESSIONAL", "ENTERPRISE",
        ErrorMessage = "Use FREE, BASIC, PROFESSIONAL or ENTERPRISE.")]
    string Plan);

/// <summary>What does not fit into a plan; the member <c>over</c> of the problem.</summary>
/// <param name="Resource"><c>users</c>, <c>patients</c>, <c>orders</c>, <c>products</c> or <c>exams</c>.</param>
/// <param name="Used">How many there are; of orders and exams, this month.</param>
/// <param name="Limit">How many the plan allows.</param>
public sealed record OverPlan(string Resource, long Used, long Limit);

/// <summary>
/// <c>PUT /api/v1/company/plan</c>: up at once, down when what is used fits. Every instance goes by the new limits in
/// milliseconds, within a second when Redis is away.
/// </summary>
public static class ChangePlan
{
    /// <summary>Changes the company's plan.</summary>
    public static async Task<Results<Ok<CompanyResponse>, ProblemHttpResult>> HandleAsync(
        ChangePlanRequest request, ScaleHubDb db, Tenant tenant, CompanyPlans plans, CompanyCache cache,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var id = tenant.RequiredCompanyId;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Before the company, as whoever creates something has its counter before the company's row.
        var used = await db.LockQuotasAsync(time.GetUtcNow(), cancellationToken);
        var company = await db.Companies.FromSql($"select * from companies where id = {id} for no key update")
            .SingleAsync(cancellationToken);
        var known = await db.Plans.Include(p => p.Quotas).ToDictionaryAsync(p => p.Name, cancellationToken);
        var wanted = known[request.Plan];
        if (wanted.Rank < known[company.Plan].Rank
            && Over(wanted, used) is { Count: > 0 } over)
        {
            return Problems.Conflict("plan",
                $"You use more than {wanted.Name} allows: "
                    + string.Join(", ", over.Select(o => $"{o.Resource} {o.Used} (limit {o.Limit})")) + ".",
                ("over", over));
        }
        plans.WillChange(db.UnitOfWork, id);
        company.Plan = wanted.Name;
        await cache.WillChangeAsync(QuotaStatus.Cached);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.Ok(CompanyResponse.From(company));
    }

    private static List<OverPlan> Over(Plan plan, IReadOnlyDictionary<string, long> used)
        => [.. plan.Quotas.Where(q => used.GetValueOrDefault(q.Resource) > q.Limit).OrderBy(q => q.Resource, StringComparer.Ordinal)
            .Select(q => new OverPlan(q.Resource, used[q.Resource], q.Limit))];
}
