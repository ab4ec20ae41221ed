using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Cards;

/// <summary>The seed of a user's next pack: chosen already, and secret until the pack is opened.</summary>
[NotAudited("It is a secret that the program keeps for itself.")]
public sealed class NextSeed : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>Whose next pack.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The seed, encrypted; for this user alone.</summary>
    public byte[] SealedSeed { get; private set; } = [];

    /// <summary>When it was chosen.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Chooses another seed, from the system's CSPRNG, and returns it.</summary>
    public byte[] Renew(SecretBox secrets, DateTimeOffset now)
    {
        var seed = RandomNumberGenerator.GetBytes(PackDraw.SeedLength);
        (SealedSeed, CreatedAt) = (secrets.Seal(Purpose, seed), now);
        return seed;
    }

    /// <summary>The seed; null when ScaleHub:Secret has been changed since, and nobody can read it any more.</summary>
    public byte[]? Reveal(SecretBox secrets)
    {
        try
        {
            return secrets.Open(Purpose, SealedSeed);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // A row copied to another user does not open.
    private string Purpose => $"card-seed:{CompanyId}:{UserId}";
}

internal sealed class NextSeedMapping : IEntityTypeConfiguration<NextSeed>
{
    public void Configure(EntityTypeBuilder<NextSeed> builder)
    {
        builder.ToTable("user_next_seeds").HasKey(s => new { s.CompanyId, s.UserId });
        builder.HasOne<User>().WithMany().HasForeignKey(s => new { s.CompanyId, s.UserId });
    }
}
