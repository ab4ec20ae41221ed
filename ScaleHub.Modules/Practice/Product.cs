using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Auditing;
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
    public required string Sku { get; set; }

    /// <summary>1 to 200 characters.</summary>
    public required string Name { get; set; }

    /// <summary>Price of one, in minor units.</summary>
    public required long PriceMinor { get; set; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; set; }

    /// <summary>How many there are to sell; never below 0. <see cref="Move"/> alone changes it.</summary>
    public int Stock { get; private set; }

    /// <summary>The movement that made the stock what it is; null while there was none.</summary>
    [NotAudited("It names the row that tells the change.")]
    public Guid? MovementId { get; private set; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed, its stock included.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Changes the stock of a product that is locked or new.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="quantity">What comes in; what goes out is negative.</param>
    /// <param name="by">The user who does it.</param>
    /// <param name="now">The moment.</param>
    /// <param name="order">The order that takes it or gives it back.</param>
    /// <param name="note">1 to 500 characters.</param>
    /// <returns>What must be saved with the product.</returns>
    public StockMovement Move(
        StockReason reason, int quantity, Guid by, DateTimeOffset now, Guid? order = null, string? note = null)
    {
        var movement = new StockMovement
        {
            CompanyId = CompanyId,
            Id = OrderedIds.Next(now),
            ProductId = Id,
            Reason = reason,
            Quantity = quantity,
            StockAfter = checked(Stock + quantity),
            OrderId = order,
            Note = note,
            CreatedBy = by,
            CreatedAt = now,
        };
        (Stock, MovementId, UpdatedAt) = (movement.StockAfter, movement.Id, now);
        return movement;
    }
}

internal sealed class ProductMapping : IEntityTypeConfiguration<Product>
{
    public void Configure(EntityTypeBuilder<Product> builder)
        => builder.ToTable("products").HasKey(p => new { p.CompanyId, p.Id });
}
