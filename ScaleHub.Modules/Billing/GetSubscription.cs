using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Billing;

/// <summary>A subscription as the company sees it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Plan">The plan; while it is pending, that which begins when it is paid.</param>
/// <param name="PriceMinor">What it costs a month, in minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Status">How it stands.</param>
/// <param name="PeriodStartsAt">Since when the current period runs.</param>
/// <param name="PeriodEndsAt">When the next one begins, and is billed.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record SubscriptionResponse(
    Guid Id, string Plan, long PriceMinor, string Currency, SubscriptionState Status, DateTimeOffset PeriodStartsAt,
    DateTimeOffset PeriodEndsAt, DateTimeOffset CreatedAt)
{
    internal static SubscriptionResponse From(Subscription s)
        => new(s.Id, s.Plan, s.PriceMinor, s.Currency, s.Status, s.PeriodStartsAt, s.PeriodEndsAt, s.CreatedAt);
}

/// <summary><c>GET /api/v1/billing/subscription</c>.</summary>
public static class GetSubscription
{
    /// <summary>Reads the company's subscription. Without one it is 404.</summary>
    // Served by the index subscriptions_live.
    public static async Task<Results<Ok<SubscriptionResponse>, NotFound>> HandleAsync(
        ReadDb db, CancellationToken cancellationToken)
        => await db.Subscriptions.SingleOrDefaultAsync(
            s => s.Status != SubscriptionState.Cancelled, cancellationToken) is { } found
            ? TypedResults.Ok(SubscriptionResponse.From(found))
            : TypedResults.NotFound();
}
