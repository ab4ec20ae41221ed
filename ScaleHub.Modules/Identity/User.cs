using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Identity;

/// <summary>A person who works for one company.</summary>
public sealed class User : ITenantEntity
{
    /// <summary>Those who were not removed.</summary>
    public static readonly Quota Quota = new("users", Monthly: false);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>As typed when registering, at most 254 characters (RFC 5321, 4.5.3.1.3 less the brackets).</summary>
    public required string Email { get; init; }

    /// <summary>By ASP.NET Core's password hasher.</summary>
    [Secret]
    public required string PasswordHash { get; set; }

    /// <summary>One of <see cref="Roles"/>.</summary>
    public required string Role { get; set; }

    /// <summary>When the user was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the user showed that the address is his; null: not yet.</summary>
    public DateTimeOffset? EmailVerifiedAt { get; set; }

    /// <summary>
    /// When the user was removed. The row stays, since what the user did refers to it; sign-in and sessions do not.
    /// </summary>
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>The sign-in directory's entry: one address, one user, over all companies.</summary>
[NotAudited("It comes, and goes, with its user.")]
public sealed class Login : ITenantEntity
{
    /// <summary>As <see cref="Normalize"/> makes it.</summary>
    public required string Email { get; init; }

    /// <summary>
    /// The form in which addresses are compared: NFC (RFC 6532, 3.1) in lower case, so that two that look the same are the same.
    /// </summary>
    public static string Normalize(string email)
        // The one BMP code point that string.Normalize throws for; no address has it.
        => (email.Contains('\uFFFE', StringComparison.Ordinal) ? email : email.Normalize()).ToLowerInvariant();

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The user who signs in with it.</summary>
    public required Guid UserId { get; init; }
}

/// <summary>What the database function <c>find_login</c> tells of an address.</summary>
public sealed class FoundLogin
{
    /// <summary>The user's company.</summary>
    public required Guid CompanyId { get; init; }

    /// <summary>The user.</summary>
    public required Guid UserId { get; init; }

    /// <summary>One of <see cref="Roles"/>.</summary>
    public required string Role { get; init; }

    /// <summary>To verify the password against.</summary>
    public required string PasswordHash { get; init; }
}

internal sealed class IdentityMapping : IEntityTypeConfiguration<User>, IEntityTypeConfiguration<Login>, IEntityTypeConfiguration<FoundLogin>
{
    public void Configure(EntityTypeBuilder<User> builder) => builder.ToTable("users").HasKey(u => new { u.CompanyId, u.Id });

    public void Configure(EntityTypeBuilder<Login> builder)
    {
        builder.ToTable("logins").HasKey(l => l.Email);
        // Tells SaveChanges to insert the user first.
        builder.HasOne<User>().WithMany().HasForeignKey(l => new { l.CompanyId, l.UserId });
    }

    public void Configure(EntityTypeBuilder<FoundLogin> builder) => builder.HasNoKey().ToView(null);
}

/// <summary>The people whom the company belongs to.</summary>
internal static class Owners
{
    // A company has few; nobody is told who is behind so many.
    private const int Most = 20;

    /// <summary>Whom to tell what concerns the whole company, at most 20.</summary>
    public static IQueryable<User> OwnersToTell(this ScaleHubDb db)
        => db.Users.Where(u => u.Role == Roles.Owner && u.DeletedAt == null).OrderBy(u => u.Id).Take(Most);
}
