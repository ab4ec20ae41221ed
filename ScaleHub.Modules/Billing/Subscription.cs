using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Billing;

/// <summary>A company's subscription to a plan. It has one at most that is not cancelled.</summary>
public sealed class Subscription : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who subscribed.</summary>
    public required Guid UserId { get; init; }

    /// <summary><c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</summary>
    public required string Plan { get; set; }

    /// <summary>What the plan costs a month, as it was when the period began, in minor units.</summary>
    public required long PriceMinor { get; set; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>How it stands.</summary>
    public required SubscriptionState Status { get; set; }

    /// <summary>Since when the current period runs.</summary>
    public required DateTimeOffset PeriodStartsAt { get; set; }

    /// <summary>When it ends: the first of a month (UTC), or the end of the trial.</summary>
    public required DateTimeOffset PeriodEndsAt { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was cancelled.</summary>
    public DateTimeOffset? CancelledAt { get; private set; }

    /// <summary>Ends it.</summary>
    public void Cancel(DateTimeOffset now) => (Status, CancelledAt) = (SubscriptionState.Cancelled, now);
}

/// <summary>How a subscription stands.</summary>
public enum SubscriptionState
{
    /// <summary>Its first invoice is being paid; the plan begins when it is.</summary>
    Pending,

    /// <summary>On trial: the plan is the company's, and nothing is to be paid yet.</summary>
    Trialing,

    /// <summary>Paid, or due just now.</summary>
    Active,

    /// <summary>A payment has failed and is tried again; the plan is still the company's.</summary>
    PastDue,

    /// <summary>Over.</summary>
    Cancelled,
}

internal sealed class SubscriptionMapping : IEntityTypeConfiguration<Subscription>
{
    public void Configure(EntityTypeBuilder<Subscription> builder)
    {
        builder.ToTable("subscriptions").HasKey(s => new { s.CompanyId, s.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(s => new { s.CompanyId, s.UserId });
    }
}

internal static class Subscriptions
{
    /// <summary>The tenant's subscription that is not over. To change it, lock the billing account first.</summary>
    public static Task<Subscription?> FindSubscriptionAsync(this ScaleHubDb db, CancellationToken cancellationToken)
        => db.Subscriptions.SingleOrDefaultAsync(s => s.Status != SubscriptionState.Cancelled, cancellationToken);

    /// <summary>What a plan costs a month now, in minor units of <see cref="UsageCharges.Currency"/>.</summary>
    public static async Task<long> FindPlanPriceAsync(this ScaleHubDb db, string plan, CancellationToken cancellationToken)
    {
        // The codes of plans are those of the migration: plan.basic.
        var code = "plan." + plan.ToLowerInvariant();
        return await db.Prices.Where(p => p.Code == code && p.Currency == UsageCharges.Currency).Select(p => p.AmountMinor)
            .SingleAsync(cancellationToken);
    }
}
