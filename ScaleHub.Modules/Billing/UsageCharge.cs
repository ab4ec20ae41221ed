using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing;

/// <summary>Something that was used and costs money. It changes in one way only: it gets its invoice.</summary>
[NotAudited("It is a record itself, of a use that has an entry.")]
public sealed class UsageCharge : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of use.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who used it.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The month of use in UTC, as <c>yyyymm</c>.</summary>
    public required int PeriodYyyymm { get; init; }

    /// <summary>What costs it.</summary>
    public required string PriceCode { get; init; }

    /// <summary>What was used.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>How many, from 1.</summary>
    public required long Quantity { get; init; }

    /// <summary>The price when it was used, in the currency's minor unit.</summary>
    public required long UnitPriceMinor { get; init; }

    /// <summary>Quantity times price, in the currency's minor unit.</summary>
    public required long AmountMinor { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>The invoice that it is in; null until there is one.</summary>
    public Guid? InvoiceId { get; init; }

    /// <summary>When it was used.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>A moment's month in UTC, as <c>yyyymm</c>.</summary>
    internal static int Month(DateTimeOffset at) => (at.UtcDateTime.Year * 100) + at.UtcDateTime.Month;
}

internal sealed class UsageChargeMapping : IEntityTypeConfiguration<UsageCharge>
{
    public void Configure(EntityTypeBuilder<UsageCharge> builder)
        => builder.ToTable("usage_charges").HasKey(c => new { c.CompanyId, c.Id });
}
