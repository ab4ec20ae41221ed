using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Addresses;

/// <summary>A letter or parcel that came for an address.</summary>
public sealed class MailItem : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of arrival.</summary>
    public required Guid Id { get; init; }

    /// <summary>Where it came to.</summary>
    public required Guid AddressId { get; init; }

    /// <summary>What it is.</summary>
    public required MailKind Kind { get; init; }

    /// <summary>Who sent it, 1 to 200 characters; null when it does not say.</summary>
    public string? Sender { get; init; }

    /// <summary>From 1.</summary>
    public int? WeightGrams { get; init; }

    /// <summary>What became of it.</summary>
    public MailState Status { get; private set; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When something last became of it.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The states that it can go to from where it is.</summary>
    public IReadOnlyList<MailState> Next => Status switch
    {
        MailState.Received => [MailState.Scanned, MailState.Forwarded, MailState.Shredded],
        MailState.Scanned => [MailState.Forwarded, MailState.Shredded],
        _ => [],
    };

    /// <summary>Whether the mail room has it still.</summary>
    public bool IsHere => Next.Count > 0;

    /// <summary>Moves it on, if <see cref="Next"/> has that state.</summary>
    /// <returns>Whether it moved; if not, nothing has changed.</returns>
    public bool TryMove(MailState state, DateTimeOffset now)
    {
        if (!Next.Contains(state)) return false;
        (Status, UpdatedAt) = (state, now);
        return true;
    }
}

/// <summary>What comes by mail.</summary>
public enum MailKind
{
    /// <summary>A letter.</summary>
    Letter,

    /// <summary>A parcel.</summary>
    Parcel,
}

/// <summary>What became of a mail item.</summary>
public enum MailState
{
    /// <summary>It is in the mail room, closed.</summary>
    Received,

    /// <summary>It is in the mail room, and its owner can read it.</summary>
    Scanned,

    /// <summary>It was sent on.</summary>
    Forwarded,

    /// <summary>It was destroyed, as its owner wished.</summary>
    Shredded,
}

internal sealed class MailItemMapping : IEntityTypeConfiguration<MailItem>
{
    public void Configure(EntityTypeBuilder<MailItem> builder)
    {
        builder.ToTable("mail_items").HasKey(m => new { m.CompanyId, m.Id });
        builder.Ignore(m => m.Next).Ignore(m => m.IsHere);
        builder.HasOne<VirtualAddress>().WithMany().HasForeignKey(m => new { m.CompanyId, m.AddressId });
    }
}
