using System.Buffers.Text;
using System.Security.Cryptography;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>A token of ours that says nothing to its bearer, as it came or is to be sent.</summary>
/// <param name="CompanyId">Says where to look.</param>
/// <param name="Id">What it stands for: a session, an API key, a link.</param>
/// <param name="Text">What the bearer holds.</param>
/// <param name="Hash">What is stored: SHA-256 of 256 secret bits, which need no salt or stretching.</param>
public sealed record OpaqueToken(Guid CompanyId, Guid Id, string Text, byte[] Hash)
{
    /// <summary>Whether it is the one that was stored.</summary>
    public bool Is(byte[] stored) => CryptographicOperations.FixedTimeEquals(Hash, stored);
}

/// <summary>
/// Makes and reads opaque tokens: company, identifier, 256 secret bits, and a tag (HMAC-SHA256, cut to 128 bits) that shows that this
/// service made it. A token that somebody made up is refused without a look in the database.
/// </summary>
/// <param name="tagKey">For this use alone. Another key ends all tokens that were made with this one.</param>
/// <param name="prefix">How the text begins.</param>
public sealed class OpaqueTokens(byte[] tagKey, string prefix = "")
{
    private const int IdsLength = 32, SecretLength = 32, TagLength = 16, Length = IdsLength + SecretLength + TagLength;

    /// <summary>A new one.</summary>
    public OpaqueToken Create(Guid companyId, Guid id) => Create(companyId, id, RandomNumberGenerator.GetBytes(SecretLength));

    /// <summary>The one with a secret.</summary>
    /// <param name="companyId">Whose it is.</param>
    /// <param name="id">What it stands for.</param>
    /// <param name="secret">32 bytes.</param>
    public OpaqueToken Create(Guid companyId, Guid id, byte[] secret)
    {
        byte[] body = [.. companyId.ToByteArray(bigEndian: true), .. id.ToByteArray(bigEndian: true), .. secret];
        return From([.. body, .. Tag(body)]);
    }

    /// <summary>The token, or null when this service did not make it.</summary>
    public OpaqueToken? Read(string text)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal)) return null;
        var encoded = text.AsSpan(prefix.Length);
        if (!Base64Url.IsValid(encoded, out var length) || length != Length) return null;
        var bytes = Base64Url.DecodeFromChars(encoded);
        return CryptographicOperations.FixedTimeEquals(Tag(bytes.AsSpan(0, Length - TagLength)), bytes.AsSpan(Length - TagLength))
            ? From(bytes)
            : null;
    }

    private OpaqueToken From(byte[] bytes) => new(
        new(bytes.AsSpan(0, 16), bigEndian: true), new(bytes.AsSpan(16, 16), bigEndian: true), prefix + Base64Url.EncodeToString(bytes),
        SHA256.HashData(bytes));

    private byte[] Tag(ReadOnlySpan<byte> body) => HMACSHA256.HashData(tagKey, body)[..TagLength];
}
