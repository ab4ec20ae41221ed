using System.Buffers.Text;
using System.Security.Cryptography;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// What a link in a mail carries: company and identifier, which say where to look, and 256 random bits. The database has its
/// SHA-256, which needs no salt or stretching, so that who reads the database cannot use the links.
/// </summary>
/// <param name="CompanyId">Whose row it is.</param>
/// <param name="Id">The row.</param>
/// <param name="Text">What the link has.</param>
/// <param name="Hash">What is stored.</param>
public sealed record LinkToken(Guid CompanyId, Guid Id, string Text, byte[] Hash)
{
    private const int Length = 16 + 16 + 32;

    /// <summary>A new one.</summary>
    public static LinkToken Create(Guid companyId, Guid id)
        => From([.. companyId.ToByteArray(bigEndian: true), .. id.ToByteArray(bigEndian: true), .. RandomNumberGenerator.GetBytes(32)]);

    /// <summary>One that came in; null when it cannot be one.</summary>
    public static LinkToken? Read(string text)
        => Base64Url.IsValid(text, out var length) && length == Length ? From(Base64Url.DecodeFromChars(text)) : null;

    /// <summary>Whether it is the one that was stored.</summary>
    public bool Is(byte[] stored) => CryptographicOperations.FixedTimeEquals(Hash, stored);

    private static LinkToken From(byte[] bytes)
        => new(new(bytes.AsSpan(0, 16), bigEndian: true), new(bytes.AsSpan(16, 16), bigEndian: true), Base64Url.EncodeToString(bytes),
            SHA256.HashData(bytes));
}
