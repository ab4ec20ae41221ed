using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Billing;

/// <summary><c>DELETE /api/v1/billing/subscription</c>: the plan is FREE from now on.</summary>
public static class CancelSubscription
{
    /// <summary>Ends the subscription; what was paid for the rest of the month becomes credit.</summary>
    /// <remarks>More in use than FREE allows is 409, which lists it.</remarks>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        BillingWork work, CancellationToken cancellationToken)
    {
        var account = await work.Db.LockBillingAccountAsync(cancellationToken);
        if (await work.Db.FindSubscriptionAsync(cancellationToken) is not { } subscription) return TypedResults.NotFound();
        if (subscription.Status == SubscriptionState.Pending)
            return Problems.Conflict("status", "The subscription is being paid just now. Try again when that has ended.");
        return await work.LowerPlanAsync(account, "FREE", cancellationToken) is { } refused ? refused : TypedResults.NoContent();
    }
}
