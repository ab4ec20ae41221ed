using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Practice;

/// <summary>Something that the practice sells.</summary>
public sealed class Product : ITenantEntity
{
    /// <summary>Products in the catalogue.</summary>
    public static readonly Quota Quota = new("products", Monthly: false);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation.</summary>
    public required Guid Id { get; init; }

    /// <summary>The practice's own number, 1 to 64 characters; one product has it.</summary>
    public required string Sku { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Name { get; set; }

    /// <summary>Price of one, in minor units.</summary>
    public required long PriceMinor { get; set; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; set; }

    /// <summary>How many there are to sell; never below 0.</summary>
    public required int Stock { get; set; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed, its stock included.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ProductMapping : IEntityTypeConfiguration<Product>
{
    public void Configure(EntityTypeBuilder<Product> builder)
        => builder.ToTable("products").HasKey(p => new { p.CompanyId, p.Id });
}
