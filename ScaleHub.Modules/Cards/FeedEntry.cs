using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;

namespace ScaleHub.Modules.Cards;

/// <summary>
/// A card that somebody shows to everybody. Deliberately no <see cref="ScaleHub.Core.Platform.Tenancy.ITenantEntity"/>: all companies read all
/// entries, so there is no query filter, and the policy <c>anyone</c> lets every reader through, without a company too. A
/// company adds and removes only its own (policies <c>tenant_adds</c> and <c>tenant_removes</c>).
/// <para>The ids are for keys, never for answers: they would tell who is behind a shown name.</para>
/// </summary>
[NotAudited("It is a card of a pack, which has an entry.")]
public sealed class FeedEntry
{
    /// <summary>The company that added it.</summary>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7, the entry's own: sorts by time, and says which partition it is in.</summary>
    public required Guid Id { get; init; }

    /// <summary>The card.</summary>
    public required Guid CardId { get; init; }

    /// <summary>The card's name in the catalogue.</summary>
    public required string Card { get; init; }

    /// <summary>How rare it is.</summary>
    public required CardTier Tier { get; init; }

    /// <summary>What the user chose to be called in public, 1 to 50 characters.</summary>
    public required string ShownName { get; init; }

    /// <summary>When it was drawn.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class FeedEntryMapping : IEntityTypeConfiguration<FeedEntry>
{
    public void Configure(EntityTypeBuilder<FeedEntry> builder)
    {
        builder.ToTable("global_feed").HasKey(e => new { e.CompanyId, e.Id });
    }
}
