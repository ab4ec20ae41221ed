using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Billing;

/// <summary>Body of <c>POST /api/v1/billing/subscription</c>.</summary>
/// <param name="Plan"><c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</param>
/// <param name="Trial">True to try it for 14 days, which a company may once.</param>
/// <param name="PaymentMethod">
/// The payment provider's name for a card, 1 to 200 visible ASCII characters; kept for what will be due. Without it the one
/// that is kept.
/// </param>
[BodyExample("""{ "plan": "PROFESSIONAL", "paymentMethod": "card-succeeds" }""")]
public sealed record CreateSubscriptionRequest(
    [property: Required, AllowedValues("BASIC", "PROFESSIONAL", "ENTERPRISE",
        ErrorMessage = "Use BASIC, PROFESSIONAL or ENTERPRISE.")]
    string Plan,
    bool Trial = false,
    [property: StringLength(200, MinimumLength = 1),
        RegularExpression("[!-~]*", ErrorMessage = "Use visible ASCII characters.")] string? PaymentMethod = null);

/// <summary>
/// <c>POST /api/v1/billing/subscription</c>: to a plan that the company did not have. The plan begins when its invoice is
/// paid, or at once on trial.
/// </summary>
public static class CreateSubscription
{
    private static readonly TimeSpan Trial = TimeSpan.FromDays(14);

    /// <summary>Subscribes to a plan, or to a larger one than before.</summary>
    /// <remarks>
    /// The invoice is for the rest of the month, and for the difference where a plan is paid for already. Its payment begins
    /// at once; when the card is declined, everything is as it was. What stands in the way is 409.
    /// </remarks>
    public static async Task<Results<Created<SubscriptionResponse>, ProblemHttpResult>> HandleAsync(
        CreateSubscriptionRequest request, BillingWork work, Tenant tenant, CancellationToken cancellationToken)
    {
        var db = work.Db;
        var account = await db.LockBillingAccountAsync(cancellationToken);
        account.PaymentMethod = request.PaymentMethod ?? account.PaymentMethod;
        var subscription = await db.FindSubscriptionAsync(cancellationToken);
        if (await RefuseAsync(work, account, subscription, request, cancellationToken) is { } refused) return refused;

        var price = await db.FindPlanPriceAsync(request.Plan, cancellationToken);
        if (subscription is null)
        {
            db.Subscriptions.Add(subscription = New(work, tenant, request, price));
            if (request.Trial) account.TrialUsedAt = work.Now;
        }
        if (subscription.Status == SubscriptionState.Trialing)
        {
            (subscription.Plan, subscription.PriceMinor) = (request.Plan, price);
            await db.SetPlanAsync(work.Plans, work.Cache, request.Plan, mustFit: false, work.Now, cancellationToken);
        }
        else await InvoiceAsync(work, account, subscription, request.Plan, price, tenant.RequiredUserId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created("/api/v1/billing/subscription", SubscriptionResponse.From(subscription));
    }

    /// <summary>What stands in the way; null: nothing.</summary>
    private static async Task<ProblemHttpResult?> RefuseAsync(
        BillingWork work, BillingAccount account, Subscription? subscription, CreateSubscriptionRequest request,
        CancellationToken cancellationToken)
    {
        var ranks = await work.FindRanksAsync(cancellationToken);
        var current = subscription?.Plan
            ?? await work.Db.Companies.Where(c => c.Id == account.CompanyId).Select(c => c.Plan).SingleAsync(cancellationToken);
        if (subscription?.Status == SubscriptionState.Pending)
            return Problems.Conflict("plan", $"The plan {current} is being paid just now. Try again when that has ended.");
        if (subscription?.Status == SubscriptionState.PastDue)
            return Problems.Conflict(
                "plan", "An invoice of the subscription is not paid. Pay it first.");
        // The month that has begun is billed first, at the price of the plan that it began with.
        if (subscription?.PeriodEndsAt <= work.Now)
            return Problems.Conflict("plan", "The next month of the subscription is being billed. Try again in some hours.");
        // Without a subscription, a plan that an operator gave can be subscribed to.
        if (ranks[request.Plan] < ranks[current] || (subscription is not null && request.Plan == current))
            return Problems.Conflict("plan", $"The plan is {current} already. For a smaller one use PUT /api/v1/company/plan.");
        if (await work.Db.Invoices.Where(i => i.Status == InvoiceState.Open && i.DunningStep > 0).OrderBy(i => i.Id)
            .Select(i => (long?)i.Number).FirstOrDefaultAsync(cancellationToken) is { } unpaid)
            return Problems.Conflict("plan", $"Invoice {unpaid} is not paid. Pay it first.");
        if (subscription is not null && await work.Db.Invoices.AnyAsync(
            i => i.SubscriptionId == subscription.Id && i.Status == InvoiceState.Open, cancellationToken))
            return Problems.Conflict(
                "plan", "An invoice of the subscription is being paid just now. Try again when that has ended.");
        if (request.Trial && (subscription is not null || account.TrialUsedAt is not null))
            return Problems.Conflict("trial", "A company can have one trial, and none while it has a subscription.");
        return account.PaymentMethod is null && !request.Trial && subscription?.Status != SubscriptionState.Trialing
            ? Problems.Conflict("paymentMethod", "There is no card to charge. Name one.") : null;
    }

    private static Subscription New(BillingWork work, Tenant tenant, CreateSubscriptionRequest request, long price)
    {
        var now = work.Now;
        return new()
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            UserId = tenant.RequiredUserId,
            Plan = request.Plan,
            PriceMinor = price,
            Currency = UsageCharges.Currency,
            Status = request.Trial ? SubscriptionState.Trialing : SubscriptionState.Pending,
            PeriodStartsAt = now,
            PeriodEndsAt = request.Trial ? now + Trial : Proration.NextMonth(now),
            CreatedAt = now,
        };
    }

    private static async Task InvoiceAsync(
        BillingWork work, BillingAccount account, Subscription subscription, string plan, long price, Guid userId,
        CancellationToken cancellationToken)
    {
        var difference = subscription.Status == SubscriptionState.Pending ? price : Math.Max(price - subscription.PriceMinor, 0);
        var line = Invoicing.PlanLine.For(plan, difference, work.Now, subscription.PeriodEndsAt);
        var invoice = await work.MakeInvoiceAsync(account, [line], null, subscription, (plan, price), cancellationToken);
        await work.CollectAsync(account, invoice!, userId, cancellationToken);
    }
}
