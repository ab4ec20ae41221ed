using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Identity;

/// <summary>A key by which a machine uses the API for a company. Holds the hash of the key, never the key.</summary>
public sealed class ApiKey : ITenantEntity
{
    /// <summary>Keys that a company has at most.</summary>
    public const int MostPerCompany = 100;

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>What it is for, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary><see cref="Roles.Admin"/> or <see cref="Roles.Member"/>; never more than its maker may do.</summary>
    public required string Role { get; init; }

    /// <summary>SHA-256 of the key, which has 256 random bits: no salt or stretching is needed.</summary>
    [Secret]
    public required byte[] KeyHash { get; init; }

    /// <summary>Who made it. What it does, it does in this user's name; it ends when the user is removed.</summary>
    public required Guid CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops working; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was last used, exact to a minute.</summary>
    [NotAudited("Each use would be a change.")]
    public DateTimeOffset? LastUsedAt { get; set; }
}

internal sealed class ApiKeyMapping : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.ToTable("api_keys").HasKey(k => new { k.CompanyId, k.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(k => new { k.CompanyId, k.CreatedBy });
    }
}
