using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Identity;

/// <summary>A user's second factor, or one that the user has begun to set up.</summary>
[AuditedAs("second_factor")]
public sealed class UserTotp : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>Whose it is.</summary>
    public required Guid UserId { get; init; }

    /// <summary>As <see cref="Authentication.TotpCodes"/> sealed it.</summary>
    [Secret]
    public required byte[] Secret { get; set; }

    /// <summary>Keyed hashes of the recovery codes that were not used, at most 10.</summary>
    [Secret]
    public List<byte[]> RecoveryCodes { get; set; } = [];

    /// <summary>The last time step whose code was taken.</summary>
    [NotAudited("Each sign-in would be a change, and has an entry.")]
    public long LastStep { get; set; }

    /// <summary>When the secret was made.</summary>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the user showed a first code; null: signing in needs none yet.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }
}

internal sealed class UserTotpMapping : IEntityTypeConfiguration<UserTotp>
{
    public void Configure(EntityTypeBuilder<UserTotp> builder)
    {
        builder.ToTable("user_totps").HasKey(t => new { t.CompanyId, t.UserId });
        builder.HasOne<User>().WithMany().HasForeignKey(t => new { t.CompanyId, t.UserId });
    }
}

/// <summary>Second factors that stay as they are read until the transaction ends, so that no code is taken twice.</summary>
internal static class TotpLocks
{
    /// <summary>A user's second factor; null when there is none.</summary>
    public static Task<UserTotp?> LockTotpAsync(this ScaleHubDb db, Guid userId, CancellationToken cancellationToken)
        => db.Set<UserTotp>().FromSql($"select * from user_totps where user_id = {userId} for no key update")
            .SingleOrDefaultAsync(cancellationToken);
}
