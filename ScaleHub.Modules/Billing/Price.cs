using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// What something costs, in one currency. All companies share the prices, so a price is no
/// <see cref="ScaleHub.Core.Platform.Tenancy.ITenantEntity"/>; everybody
/// reads it, and only the platform changes it (policies of <c>prices</c>).
/// </summary>
public sealed class Price
{
    /// <summary>What costs it: <c>mail.scanned</c>.</summary>
    public required string Code { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>In the currency's minor unit.</summary>
    public required long AmountMinor { get; set; }

    /// <summary>For people, 1 to 200 characters.</summary>
    public required string Description { get; set; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PriceMapping : IEntityTypeConfiguration<Price>
{
    public void Configure(EntityTypeBuilder<Price> builder) => builder.ToTable("prices").HasKey(p => new { p.Code, p.Currency });
}
