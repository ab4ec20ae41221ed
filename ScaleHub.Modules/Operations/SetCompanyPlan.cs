using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Operations;

/// <summary><c>PUT /api/admin/companies/{id}/plan</c>: an operator puts a company on a plan.</summary>
public static class SetCompanyPlan
{
    /// <summary>Puts a company on a plan, at once and without a charge; a subscription that it has goes on as it is.</summary>
    /// <remarks>While more is in use than the plan allows, the answer is 409 and lists it in <c>over</c>.</remarks>
    public static async Task<Results<Ok<ShowCompanyResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, ChangePlanRequest request, Tenant tenant, IServiceScopeFactory scopes, ReadConsistency consistency, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // A scope of its own: the request's belongs to the operator, and a scope serves one company.
        await using var scope = scopes.CreateScopeOf(id, byOperator: tenant);
        var (services, now) = (scope.ServiceProvider, time.GetDatabaseNow());
        var db = services.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (id == Tenant.Platform || !await db.Companies.AnyAsync(c => c.Id == id, cancellationToken)) return TypedResults.NotFound();
        var over = await db.SetPlanAsync(
            services.GetRequiredService<CompanyPlans>(), services.GetRequiredService<CompanyCache>(), request.Plan, mustFit: true, now, cancellationToken);
        if (over.Count > 0) return Problems.Conflict("plan", "The company uses more than the plan allows.", ("over", over));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        consistency.WroteAs(services.GetRequiredService<ReadConsistency>());
        return TypedResults.Ok((await ShowCompany.FindAsync(db, id, now, cancellationToken))!);
    }
}
