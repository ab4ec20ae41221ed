using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Cards;

/// <summary>A card that somebody has.</summary>
[NotAudited("It is drawn with its pack, and never changed.")]
public sealed class UserCard : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of drawing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pack that it came in.</summary>
    public required Guid PackId { get; init; }

    /// <summary>Its name in the catalogue.</summary>
    public required string Card { get; init; }

    /// <summary>How rare it is.</summary>
    public required CardTier Tier { get; init; }

    /// <summary>When it was drawn.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its place in a shipment; null while it can be shipped.</summary>
    public ShipmentCard? Shipment { get; init; }
}

internal sealed class UserCardMapping : IEntityTypeConfiguration<UserCard>
{
    public void Configure(EntityTypeBuilder<UserCard> builder)
    {
        builder.ToTable("user_cards").HasKey(c => new { c.CompanyId, c.Id });
    }
}
