using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>A P-256 key pair that signs access tokens. The newest signs; older ones verify what they signed.</summary>
[NotAudited("The program makes it for itself.")]
public sealed class SigningKey
{
    /// <summary>The <c>kid</c> of tokens that it signed.</summary>
    public required string Kid { get; init; }

    /// <summary>DER, SubjectPublicKeyInfo (RFC 5280).</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>DER, PKCS #8, encrypted by <see cref="ScaleHub.Core.Platform.Secrets.SecretBox"/>.</summary>
    public required byte[] PrivateKey { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class SigningKeyMapping : IEntityTypeConfiguration<SigningKey>
{
    public void Configure(EntityTypeBuilder<SigningKey> builder) => builder.ToTable("signing_keys").HasKey(k => k.Kid);
}
