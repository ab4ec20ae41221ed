using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace ScaleHub.Core.Platform.Secrets;

/// <summary>Section <c>ScaleHub</c>.</summary>
public sealed class SecretOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "ScaleHub";

    /// <summary>
    /// The one secret that all instances share, at least 32 characters from a random source. Keys for each purpose are derived
    /// from it; changing it ends all cursors and makes signing keys unreadable (run <c>migrate</c> to make a new one).
    /// </summary>
    [Required(ErrorMessage = "Set ScaleHub__Secret to at least 32 random characters, the same for all instances.")]
    [MinLength(32, ErrorMessage = "ScaleHub__Secret needs at least 32 characters.")]
    public string Secret { get; set; } = "";
}

/// <summary>
/// Keys derived from <see cref="SecretOptions.Secret"/> by HKDF-SHA256 (RFC 5869), one per purpose, and encryption at rest with
/// AES-256-GCM (NIST SP 800-38D).
/// </summary>
public sealed class SecretBox(IOptions<SecretOptions> options)
{
    private const int NonceLength = 12, TagLength = 16;
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(options.Value.Secret);

    /// <summary>A key of 32 bytes that only this purpose uses.</summary>
    public byte[] KeyFor(string purpose)
        => HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, outputLength: 32, info: Encoding.UTF8.GetBytes(purpose));

    /// <summary>Encrypts: nonce, then ciphertext, then tag.</summary>
    public byte[] Seal(string purpose, ReadOnlySpan<byte> plain)
    {
        var box = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        using var aes = new AesGcm(KeyFor(purpose), TagLength);
        aes.Encrypt(box.AsSpan(0, NonceLength), plain, box.AsSpan(NonceLength, plain.Length), box.AsSpan(NonceLength + plain.Length));
        return box;
    }

    /// <summary>Decrypts what <see cref="Seal"/> made.</summary>
    /// <exception cref="CryptographicException">Another secret or purpose sealed it, or it was changed.</exception>
    public byte[] Open(string purpose, ReadOnlySpan<byte> box)
    {
        if (box.Length < NonceLength + TagLength) throw new CryptographicException("The sealed value is too short.");
        var plain = new byte[box.Length - NonceLength - TagLength];
        using var aes = new AesGcm(KeyFor(purpose), TagLength);
        aes.Decrypt(box[..NonceLength], box.Slice(NonceLength, plain.Length), box[^TagLength..], plain);
        return plain;
    }
}
