using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>A sign-in on one device. Holds the hash of its refresh token, never the token.</summary>
[NotAudited("user.signed_in and session.ended tell of it; each refresh would be a change.")]
public sealed class Session : ITenantEntity
{
    /// <summary>Most live sessions of a user; signing in once more ends the oldest.</summary>
    public const int MostPerUser = 50;

    /// <summary>How long a session lives without being refreshed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who signed in.</summary>
    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the refresh token, which is 256 random bits: no salt or stretching is needed.</summary>
    public required byte[] RefreshTokenHash { get; set; }

    /// <summary>When the user signed in.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the refresh token stops working.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When the session was last refreshed: what is known of when it was last used.</summary>
    public required DateTimeOffset RefreshedAt { get; set; }

    /// <summary>Which client refreshed it last, as a keyed hash; null before the first refresh.</summary>
    public byte[]? RefreshedBy { get; set; }

    /// <summary>The device, as it called itself when signing in, at most 300 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The address it signed in from.</summary>
    public string? Ip { get; init; }

    /// <summary>When the session was ended, if it was.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Sessions that work at a moment.</summary>
    public static Expression<Func<Session, bool>> IsLiveAt(DateTimeOffset now) => s => s.RevokedAt == null && s.ExpiresAt > now;

    /// <summary>
    /// Ends those of a user's sessions that still work. The caller tells the instances before (<see cref="LiveSessions"/>).
    /// </summary>
    /// <returns>How many it ended.</returns>
    internal static Task<int> EndAsync(
        ScaleHubDb db, IReadOnlyCollection<Guid> ids, Guid userId, DateTimeOffset now, CancellationToken cancellationToken)
        => db.Audit.ExecuteAsync("session.ended", $"""
            update sessions set revoked_at = {now}
            where id = any({ids.ToArray()}) and user_id = {userId} and revoked_at is null and expires_at > {now}
            returning id as subject_id, jsonb_build_object('userId', jsonb_build_object('from', user_id)) as detail
            """, cancellationToken);
}

internal sealed class SessionMapping : IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<Session> builder)
    {
        builder.ToTable("sessions").HasKey(s => new { s.CompanyId, s.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(s => new { s.CompanyId, s.UserId });
    }
}
