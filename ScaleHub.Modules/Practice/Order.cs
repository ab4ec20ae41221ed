using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Practice;

/// <summary>What a patient ordered.</summary>
public sealed class Order : ITenantEntity
{
    /// <summary>Orders placed in a month.</summary>
    public static readonly Quota Quota = new("orders", Monthly: true);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation, and tells the month that the order counts in.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who ordered.</summary>
    public required Guid PatientId { get; init; }

    /// <summary>How far it is.</summary>
    public OrderState Status { get; private set; }

    /// <summary>Sum of the lines, in minor units.</summary>
    public required long TotalMinor { get; init; }

    /// <summary>ISO 4217; of every line.</summary>
    public required string Currency { get; init; }

    /// <summary>At most 10,000 characters.</summary>
    public string? Notes { get; set; }

    /// <summary>The user who took the order.</summary>
    public required Guid CreatedBy { get; init; }

    /// <summary>When it was placed.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>What was ordered, at the prices of that moment.</summary>
    public List<OrderLine> Lines { get; init; } = [];

    /// <summary>The states that it can go to from where it is.</summary>
    public IReadOnlyList<OrderState> Next => Status switch
    {
        OrderState.Placed => [OrderState.Ready, OrderState.Cancelled],
        OrderState.Ready => [OrderState.Delivered, OrderState.Cancelled],
        _ => [],
    };

    /// <summary>
    /// Moves it on, if <see cref="Next"/> has that state. Who cancels it puts its products back in the same transaction.
    /// </summary>
    /// <returns>Whether it moved; if not, nothing has changed.</returns>
    public bool TryMove(OrderState state, DateTimeOffset now)
    {
        if (!Next.Contains(state)) return false;
        (Status, UpdatedAt) = (state, now);
        return true;
    }
}

/// <summary>So many of a product.</summary>
[NotAudited("It is written once, with its order, and tells itself what was ordered.")]
public sealed class OrderLine : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The order.</summary>
    public required Guid OrderId { get; init; }

    /// <summary>From 1.</summary>
    public required int Line { get; init; }

    /// <summary>The product.</summary>
    public required Guid ProductId { get; init; }

    /// <summary>How many.</summary>
    public required int Quantity { get; init; }

    /// <summary>Price of one when it was ordered, in minor units.</summary>
    public required long UnitPriceMinor { get; init; }
}

/// <summary>How far an order is.</summary>
public enum OrderState
{
    /// <summary>Ordered; its products are reserved.</summary>
    Placed,

    /// <summary>To be picked up.</summary>
    Ready,

    /// <summary>Picked up.</summary>
    Delivered,

    /// <summary>Called off; its products are back in stock.</summary>
    Cancelled,
}

internal sealed class OrderMapping : IEntityTypeConfiguration<Order>, IEntityTypeConfiguration<OrderLine>
{
    public void Configure(EntityTypeBuilder<Order> builder)
    {
        builder.ToTable("orders").HasKey(o => new { o.CompanyId, o.Id });
        builder.Ignore(o => o.Next);
        builder.HasMany(o => o.Lines).WithOne().HasForeignKey(l => new { l.CompanyId, l.OrderId });
        builder.HasOne<Patient>().WithMany().HasForeignKey(o => new { o.CompanyId, o.PatientId });
        builder.HasOne<User>().WithMany().HasForeignKey(o => new { o.CompanyId, o.CreatedBy });
    }

    public void Configure(EntityTypeBuilder<OrderLine> builder)
    {
        builder.ToTable("order_lines").HasKey(l => new { l.CompanyId, l.OrderId, l.Line });
        builder.HasOne<Product>().WithMany().HasForeignKey(l => new { l.CompanyId, l.ProductId });
    }
}
