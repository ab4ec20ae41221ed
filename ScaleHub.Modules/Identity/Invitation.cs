using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Identity;

/// <summary>Somebody is asked to join the company.</summary>
public sealed class Invitation : ITenantEntity
{
    /// <summary>How long an invitation stands.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who is asked; signs in with it afterwards.</summary>
    public required string Email { get; init; }

    /// <summary>One of <see cref="Roles"/>.</summary>
    public required string Role { get; init; }

    /// <summary>SHA-256 of the link's token.</summary>
    [Secret]
    public required byte[] TokenHash { get; init; }

    /// <summary>Who asks.</summary>
    public required Guid CreatedBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops working.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the user joined.</summary>
    public DateTimeOffset? AcceptedAt { get; set; }
}

internal sealed class InvitationMapping : IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Invitation> builder)
    {
        builder.ToTable("invitations").HasKey(i => new { i.CompanyId, i.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(i => new { i.CompanyId, i.CreatedBy });
    }
}
