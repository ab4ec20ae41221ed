using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing;

/// <summary>An attempt to get an invoice paid. An invoice has one at a time, and once one has succeeded no other.</summary>
public sealed class Payment : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7; also the key by which the provider knows a repeated request.</summary>
    public required Guid Id { get; init; }

    /// <summary>What is paid.</summary>
    public required Guid InvoiceId { get; init; }

    /// <summary>What was due when it began, in minor units.</summary>
    public required long AmountMinor { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>How it stands.</summary>
    public required PaymentState Status { get; set; }

    /// <summary>Who is asked to collect it.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's name for it; null until it has answered.</summary>
    public string? ProviderReference { get; set; }

    /// <summary>The provider's name for the card.</summary>
    [Secret]
    public required string PaymentMethod { get; init; }

    /// <summary>Who asked for it; null: it was due.</summary>
    public Guid? UserId { get; init; }

    /// <summary>Why it failed, 1 to 200 characters.</summary>
    public string? Failure { get; set; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it succeeded or failed.</summary>
    public DateTimeOffset? SettledAt { get; set; }
}

/// <summary>How a payment stands. The last two are final.</summary>
public enum PaymentState
{
    /// <summary>The provider has not said how it ends.</summary>
    Pending,

    /// <summary>The money is on its way.</summary>
    Succeeded,

    /// <summary>Nothing was paid.</summary>
    Failed,
}

internal sealed class PaymentMapping : IEntityTypeConfiguration<Payment>
{
    public void Configure(EntityTypeBuilder<Payment> builder) => builder.ToTable("payments").HasKey(p => new { p.CompanyId, p.Id });
}
