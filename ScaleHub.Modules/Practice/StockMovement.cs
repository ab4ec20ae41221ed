using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Practice;

/// <summary>
/// A change of a product's stock, made by <see cref="Product.Move"/>. Rows are never changed, and the sum of a product's rows is
/// its stock.
/// </summary>
[NotAudited("It is a record itself, of a change of stock that has an entry.")]
public sealed class StockMovement : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time.</summary>
    public required Guid Id { get; init; }

    /// <summary>Of what.</summary>
    public required Guid ProductId { get; init; }

    /// <summary>Why.</summary>
    public required StockReason Reason { get; init; }

    /// <summary>What came in; what went out is negative. Never 0.</summary>
    public required int Quantity { get; init; }

    /// <summary>How many there were then.</summary>
    public required int StockAfter { get; init; }

    /// <summary>The order that took the product or gave it back.</summary>
    public Guid? OrderId { get; init; }

    /// <summary>1 to 500 characters.</summary>
    public string? Note { get; init; }

    /// <summary>The user who did it; null for what no person did.</summary>
    public Guid? CreatedBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Why stock changed.</summary>
public enum StockReason
{
    /// <summary>It was delivered to the practice.</summary>
    Received,

    /// <summary>Somebody counted, and it was more or less.</summary>
    Corrected,

    /// <summary>It was ordered, or sold over the counter.</summary>
    Sold,

    /// <summary>It came back: its order was cancelled, or a patient brought it.</summary>
    Returned,
}

/// <summary>A change of stock as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="ProductId">Of what.</param>
/// <param name="Reason">Why.</param>
/// <param name="Quantity">What came in; what went out is negative.</param>
/// <param name="StockAfter">How many there were then.</param>
/// <param name="OrderId">The order that took the product or gave it back.</param>
/// <param name="Note">Free text.</param>
/// <param name="CreatedBy">The user who did it; null for what no person did.</param>
/// <param name="CreatedAt">When.</param>
public sealed record StockMovementResponse(
    Guid Id, Guid ProductId, StockReason Reason, int Quantity, int StockAfter, Guid? OrderId, string? Note, Guid? CreatedBy,
    DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<StockMovement, StockMovementResponse>> Projection = m => new(
        m.Id, m.ProductId, m.Reason, m.Quantity, m.StockAfter, m.OrderId, m.Note, m.CreatedBy, m.CreatedAt);

    internal static readonly Func<StockMovement, StockMovementResponse> From = Projection.Compile();
}

internal sealed class StockMovementMapping : IEntityTypeConfiguration<StockMovement>
{
    public void Configure(EntityTypeBuilder<StockMovement> builder)
    {
        builder.ToTable("stock_movements").HasKey(m => new { m.CompanyId, m.Id });
        // They tell SaveChanges what to insert first.
        builder.HasOne<Product>().WithMany().HasForeignKey(m => new { m.CompanyId, m.ProductId });
        builder.HasOne<Order>().WithMany().HasForeignKey(m => new { m.CompanyId, m.OrderId });
        builder.HasOne<User>().WithMany().HasForeignKey(m => new { m.CompanyId, m.CreatedBy });
    }
}
