using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>What a link is good for.</summary>
public enum OneTimePurpose
{
    /// <summary>Setting a new password without the old one.</summary>
    ResetPassword,

    /// <summary>Showing that the address is the user's.</summary>
    VerifyEmail,

    /// <summary>Signing in with a code, after the password.</summary>
    SignIn,
}

/// <summary>A link that was sent to a user, or the way from a right password to the code: it works once, and for a while.</summary>
[NotAudited("It is a link on its way, or a sign-in; what it is used for has an entry.")]
public sealed class OneTimeToken : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who got it.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What it is good for.</summary>
    public required OneTimePurpose Purpose { get; init; }

    /// <summary>SHA-256 of the link's token.</summary>
    public required byte[] TokenHash { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops working.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was used.</summary>
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>A new one and what its link carries; the caller saves it.</summary>
    internal static (OneTimeToken Row, OpaqueToken Link) For(
        AccountLinks links, Guid companyId, Guid userId, OneTimePurpose purpose, TimeSpan life, DateTimeOffset now)
    {
        var link = links.Create(companyId, Guid.CreateVersion7(now));
        return (new()
        {
            CompanyId = companyId,
            Id = link.Id,
            UserId = userId,
            Purpose = purpose,
            TokenHash = link.Hash,
            CreatedAt = now,
            ExpiresAt = now + life,
        }, link);
    }

    /// <summary>Deletes what a user was sent and has not worked for a day, so that no more is kept than what was sent
    /// lately.</summary>
    internal static Task TidyAsync(ScaleHubDb db, Guid userId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Not audited, as the class says.
        var yesterday = now.AddDays(-1);
        return db.OneTimeTokens.Where(t => t.UserId == userId && t.ExpiresAt < yesterday).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>The one behind a link, if it works now. <see cref="UseAsync"/> decides.</summary>
    internal static async Task<OneTimeToken?> FindAsync(
        ScaleHubDb db, OpaqueToken link, OneTimePurpose purpose, DateTimeOffset now, CancellationToken cancellationToken)
        => await db.OneTimeTokens.AsNoTracking()
                .SingleOrDefaultAsync(
                    t => t.Id == link.Id && t.Purpose == purpose && t.UsedAt == null && t.ExpiresAt > now, cancellationToken)
            is { } token && link.Is(token.TokenHash) ? token : null;

    // Not audited, as the class says.
    /// <summary>Uses it up, in the open transaction: of several that try at once, one gets true.</summary>
    internal static async Task<bool> UseAsync(ScaleHubDb db, OneTimeToken token, DateTimeOffset now, CancellationToken cancellationToken)
        => await db.OneTimeTokens.Where(t => t.Id == token.Id && t.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken) == 1;
}

internal sealed class OneTimeTokenMapping : IEntityTypeConfiguration<OneTimeToken>
{
    public void Configure(EntityTypeBuilder<OneTimeToken> builder)
    {
        builder.ToTable("one_time_tokens").HasKey(t => new { t.CompanyId, t.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(t => new { t.CompanyId, t.UserId });
    }
}
