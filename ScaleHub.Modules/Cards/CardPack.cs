using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Cards;

/// <summary>A pack that was opened, with what it takes to draw its cards again. Never changed.</summary>
public sealed class CardPack : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of opening.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who opened it.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The server's part of the seed, from a CSPRNG: <see cref="PackDraw.SeedLength"/> bytes.</summary>
    [NotAudited("The pack is never changed, and shows it.")]
    public required byte[] Seed { get; init; }

    /// <summary>The client's part; empty when it gave none.</summary>
    [NotAudited("The pack is never changed, and shows it.")]
    public required string ClientSeed { get; init; }

    /// <summary>The <see cref="PackDraw.Version"/> that drew the cards.</summary>
    public required int Algorithm { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The cards in it; in the order of their ids they are as they were drawn.</summary>
    public List<UserCard> Cards { get; init; } = [];
}

internal sealed class CardPackMapping : IEntityTypeConfiguration<CardPack>
{
    public void Configure(EntityTypeBuilder<CardPack> builder)
    {
        builder.ToTable("card_packs").HasKey(p => new { p.CompanyId, p.Id });
        builder.HasMany(p => p.Cards).WithOne().HasForeignKey(c => new { c.CompanyId, c.PackId });
        builder.HasOne<User>().WithMany().HasForeignKey(p => new { p.CompanyId, p.UserId });
    }
}
