using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Billing;

/// <summary>Body of <c>PUT /api/v1/company/plan</c>, and of the operators' <c>PUT /api/admin/companies/{id}/plan</c>.</summary>
/// <param name="Plan"><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</param>
[BodyExample("""{ "plan": "FREE" }""")]
public sealed record ChangePlanRequest(
    [property: Required, AllowedValues("FREE", "BASIC", "PROFESSIONAL", "ENTERPRISE",
        ErrorMessage = "Use FREE, BASIC, PROFESSIONAL or ENTERPRISE.")]
    string Plan);

/// <summary><c>PUT /api/v1/company/plan</c>: down at once, when what is used fits. Up is what a subscription is for.</summary>
public static class ChangePlan
{
    /// <summary>Changes the company's plan to a smaller one.</summary>
    /// <remarks>
    /// What was paid for the rest of the month becomes credit. More in use than the plan allows is 409, which lists it. A
    /// larger plan is 402: subscribe to it with <c>POST /api/v1/billing/subscription</c>.
    /// </remarks>
    public static async Task<Results<Ok<CompanyResponse>, ProblemHttpResult>> HandleAsync(
        ChangePlanRequest request, BillingWork work, Tenant tenant, CancellationToken cancellationToken)
    {
        var account = await work.Db.LockBillingAccountAsync(cancellationToken);
        var company = await work.Db.Companies.SingleAsync(c => c.Id == tenant.RequiredCompanyId, cancellationToken);
        var ranks = await work.FindRanksAsync(cancellationToken);
        if (ranks[request.Plan] > ranks[company.Plan])
        {
            var detail = $"The plan {request.Plan} costs money: subscribe to it with POST /api/v1/billing/subscription.";
            return TypedResults.Problem(detail, title: "Payment Required", statusCode: StatusCodes.Status402PaymentRequired,
                extensions: [Problems.Errors("plan", detail)]);
        }
        if (request.Plan != company.Plan && await work.LowerPlanAsync(account, request.Plan, cancellationToken) is { } refused)
            return refused;
        return TypedResults.Ok(CompanyResponse.From(company));
    }

    /// <summary>Puts the company on a smaller plan, ends or changes its subscription, and saves. Null: it is done.</summary>
    internal static async Task<ProblemHttpResult?> LowerPlanAsync(
        this BillingWork work, BillingAccount account, string plan, CancellationToken cancellationToken)
    {
        var subscription = await work.Db.FindSubscriptionAsync(cancellationToken);
        if (subscription is not null)
        {
            var open = await work.Db.Invoices.Where(i => i.SubscriptionId == subscription.Id && i.Status == InvoiceState.Open)
                .Select(i => i.Id).ToListAsync(cancellationToken);
            if (open.Count > 0 && await work.IsBeingPaidAsync(open, cancellationToken))
                return Problems.Conflict(
                    "plan", "An invoice of the subscription is being paid just now. Try again when that has ended.");
        }
        // The month that has begun is billed first: what was used of it costs, and the rest is taken back.
        if (subscription is { Status: SubscriptionState.Active } && subscription.PeriodEndsAt <= work.Now)
            return Problems.Conflict("plan", "The next month of the subscription is being billed. Try again in some hours.");
        var over = await work.Db.SetPlanAsync(work.Plans, work.Cache, plan, mustFit: true, work.Now, cancellationToken);
        if (over.Count > 0)
            return Problems.Conflict("plan",
                $"You use more than {plan} allows: "
                    + string.Join(", ", over.Select(o => $"{o.Resource} {o.Used} (limit {o.Limit})")) + ".",
                ("over", over));
        // A larger plan than is subscribed to was an operator's gift: without it, the subscription goes on.
        var ranks = await work.FindRanksAsync(cancellationToken);
        if (subscription is not null && ranks[plan] < ranks[subscription.Plan])
        {
            var price = plan == "FREE" ? 0 : await work.Db.FindPlanPriceAsync(plan, cancellationToken);
            await work.CreditUnusedAsync(account, subscription, price, plan, cancellationToken);
            if (plan == "FREE") subscription.Cancel(work.Now);
            else (subscription.Plan, subscription.PriceMinor) = (plan, price);
        }
        await work.Db.SaveChangesAsync(cancellationToken);
        return null;
    }
}
