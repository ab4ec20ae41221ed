using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Addresses;

/// <summary>The wish that a mail item be sent on. An item has one at most that is not cancelled.</summary>
public sealed class Forwarding : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of the request.</summary>
    public required Guid Id { get; init; }

    /// <summary>What is sent on.</summary>
    public required Guid MailItemId { get; init; }

    /// <summary>The address's owner, who pays for it.</summary>
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
    public ForwardingState Status { get; private set; }

    /// <summary>The carrier's, 1 to 100 characters; from <see cref="ForwardingState.Shipped"/> on.</summary>
    public string? TrackingCode { get; private set; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last moved on.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The states that it can go to from where it is.</summary>
    public IReadOnlyList<ForwardingState> Next => Status switch
    {
        ForwardingState.Requested => [ForwardingState.Shipped, ForwardingState.Cancelled],
        ForwardingState.Shipped => [ForwardingState.Delivered],
        _ => [],
    };

    /// <summary>Moves it on, if <see cref="Next"/> has that state.</summary>
    /// <param name="state">Where to.</param>
    /// <param name="trackingCode">The carrier's; with <see cref="ForwardingState.Shipped"/> only, and required there.</param>
    /// <param name="now">The moment.</param>
    /// <returns>Whether it moved; if not, nothing has changed.</returns>
    /// <exception cref="ArgumentException">It is shipped without a tracking code.</exception>
    public bool TryMove(ForwardingState state, string? trackingCode, DateTimeOffset now)
    {
        if (!Next.Contains(state)) return false;
        if (state == ForwardingState.Shipped) ArgumentException.ThrowIfNullOrEmpty(trackingCode);
        (Status, UpdatedAt, TrackingCode) = (state, now, trackingCode ?? TrackingCode);
        return true;
    }
}

/// <summary>How far a forwarding is.</summary>
public enum ForwardingState
{
    /// <summary>Asked for; whoever asked can still call it off.</summary>
    Requested,

    /// <summary>Handed to the carrier.</summary>
    Shipped,

    /// <summary>Arrived.</summary>
    Delivered,

    /// <summary>Called off; another can be asked for.</summary>
    Cancelled,
}

internal sealed class ForwardingMapping : IEntityTypeConfiguration<Forwarding>
{
    public void Configure(EntityTypeBuilder<Forwarding> builder)
    {
        builder.ToTable("forwarding_requests").HasKey(f => new { f.CompanyId, f.Id });
        builder.Ignore(f => f.Next);
        builder.HasOne<MailItem>().WithMany().HasForeignKey(f => new { f.CompanyId, f.MailItemId });
        builder.HasOne<User>().WithMany().HasForeignKey(f => new { f.CompanyId, f.UserId });
    }
}
