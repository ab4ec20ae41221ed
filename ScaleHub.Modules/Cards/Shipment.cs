using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Cards;

/// <summary>Cards that somebody wants to have sent.</summary>
public sealed class Shipment : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of the request.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who asked for it.</summary>
    public required Guid UserId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Recipient { get; init; }

    /// <summary>Street and number, 1 to 200 characters.</summary>
    public required string Line1 { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Line2 { get; init; }

    /// <summary>1 to 100 characters.</summary>
    public required string City { get; init; }

    /// <summary>1 to 20 characters.</summary>
    public required string PostalCode { get; init; }

    /// <summary>ISO 3166-1 alpha-2, in capitals.</summary>
    public required string Country { get; init; }

    /// <summary>How far it is.</summary>
    public ShipmentState Status { get; private set; }

    /// <summary>The carrier's, 1 to 100 characters; from <see cref="ShipmentState.Shipped"/> on.</summary>
    public string? TrackingCode { get; private set; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last moved on.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The cards in it; none once it is cancelled.</summary>
    public List<ShipmentCard> Cards { get; init; } = [];

    /// <summary>The states that it can go to from where it is.</summary>
    public IReadOnlyList<ShipmentState> Next => Status switch
    {
        ShipmentState.Requested => [ShipmentState.Packed, ShipmentState.Cancelled],
        ShipmentState.Packed => [ShipmentState.Shipped, ShipmentState.Cancelled],
        ShipmentState.Shipped => [ShipmentState.Delivered],
        _ => [],
    };

    /// <summary>Moves it on, if <see cref="Next"/> has that state; cancelling frees its cards, which must be loaded.</summary>
    /// <param name="state">Where to.</param>
    /// <param name="trackingCode">The carrier's; with <see cref="ShipmentState.Shipped"/> only, and required there.</param>
    /// <param name="now">The moment.</param>
    /// <returns>Whether it moved; if not, nothing has changed.</returns>
    /// <exception cref="ArgumentException">It is shipped without a tracking code.</exception>
    public bool TryMove(ShipmentState state, string? trackingCode, DateTimeOffset now)
    {
        if (!Next.Contains(state)) return false;
        if (state == ShipmentState.Shipped) ArgumentException.ThrowIfNullOrEmpty(trackingCode);
        (Status, UpdatedAt, TrackingCode) = (state, now, trackingCode ?? TrackingCode);
        if (state == ShipmentState.Cancelled) Cards.Clear();
        return true;
    }
}

/// <summary>A card's place in a shipment. A card has one at most.</summary>
public sealed class ShipmentCard : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The shipment.</summary>
    public required Guid ShippingRequestId { get; init; }

    /// <summary>The card.</summary>
    public required Guid CardId { get; init; }

    /// <summary>The card, where it is loaded.</summary>
    public UserCard UserCard { get; init; } = null!;
}

/// <summary>How far a shipment is.</summary>
public enum ShipmentState
{
    /// <summary>Asked for; whoever asked can still call it off.</summary>
    Requested,

    /// <summary>Ready to go.</summary>
    Packed,

    /// <summary>Handed to the carrier.</summary>
    Shipped,

    /// <summary>Arrived.</summary>
    Delivered,

    /// <summary>Called off; its cards are free again.</summary>
    Cancelled,
}

internal sealed class ShipmentMapping : IEntityTypeConfiguration<Shipment>, IEntityTypeConfiguration<ShipmentCard>
{
    public void Configure(EntityTypeBuilder<Shipment> builder)
    {
        builder.ToTable("shipping_requests").HasKey(s => new { s.CompanyId, s.Id });
        builder.Ignore(s => s.Next);
        builder.HasMany(s => s.Cards).WithOne().HasForeignKey(c => new { c.CompanyId, c.ShippingRequestId });
        builder.HasOne<User>().WithMany().HasForeignKey(s => new { s.CompanyId, s.UserId });
    }

    public void Configure(EntityTypeBuilder<ShipmentCard> builder)
    {
        builder.ToTable("shipping_request_cards").HasKey(c => new { c.CompanyId, c.ShippingRequestId, c.CardId });
        builder.HasOne(c => c.UserCard).WithOne(c => c.Shipment).HasForeignKey<ShipmentCard>(c => new { c.CompanyId, c.CardId });
    }
}
