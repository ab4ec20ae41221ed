using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>A refresh token of ours, as it came or is to be sent.</summary>
/// <param name="CompanyId">Says where to look.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="Text">What the client holds.</param>
/// <param name="Hash">What is stored: SHA-256 of 256 secret bits, which need no salt or stretching.</param>
public sealed record RefreshToken(Guid CompanyId, Guid SessionId, string Text, byte[] Hash);

/// <summary>
/// Makes and reads refresh tokens: company, session, 256 secret bits, and a tag (HMAC-SHA256, cut to 128 bits) that shows that
/// this service made it. By the tag a token that was used before differs from one that somebody made up: the one ends its session
/// (RFC 9700, 4.14.2), the other does nothing.
/// <para>The secret of a token's successor follows from the token by HMAC, so that two refreshes of one token at the same time
/// get the same answer without anybody having stored it.</para>
/// </summary>
public sealed class RefreshTokens(SecretBox secrets)
{
    private const int IdsLength = 32, SecretLength = 32, TagLength = 16, Length = IdsLength + SecretLength + TagLength;
    private readonly byte[] _tagKey = secrets.KeyFor("refresh-tag"), _nextKey = secrets.KeyFor("refresh-next"),
        _clientKey = secrets.KeyFor("refresh-client");

    /// <summary>The first token of a session.</summary>
    public RefreshToken Create(Guid companyId, Guid sessionId)
        => Build(companyId, sessionId, RandomNumberGenerator.GetBytes(SecretLength));

    /// <summary>The token that takes the place of <paramref name="token"/>; always the same one.</summary>
    public RefreshToken Successor(RefreshToken token)
        => Build(token.CompanyId, token.SessionId, HMACSHA256.HashData(_nextKey, Base64Url.DecodeFromChars(token.Text)));

    /// <summary>The token, or null when this service did not make it.</summary>
    public RefreshToken? Read(string text)
    {
        if (!Base64Url.IsValid(text, out var length) || length != Length) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        if (!CryptographicOperations.FixedTimeEquals(Tag(bytes.AsSpan(0, Length - TagLength)),
            bytes.AsSpan(Length - TagLength))) return null;
        return new(new(bytes.AsSpan(0, 16), bigEndian: true), new(bytes.AsSpan(16, 16), bigEndian: true), text,
            SHA256.HashData(bytes));
    }

    /// <summary>
    /// Tells a client from others: its network address and what it calls itself, as a keyed hash of 32 bytes. Good enough to see
    /// that two requests within seconds come from the same browser, and for nothing more.
    /// </summary>
    public byte[] ClientOf(HttpContext http) => HMACSHA256.HashData(_clientKey, Encoding.UTF8.GetBytes(
        $"{ApplyingLimits.AddressOf(http.Connection.RemoteIpAddress)}\n{http.Request.Headers.UserAgent}"));

    private RefreshToken Build(Guid companyId, Guid sessionId, byte[] secret)
    {
        byte[] body = [.. companyId.ToByteArray(bigEndian: true), .. sessionId.ToByteArray(bigEndian: true), .. secret];
        byte[] bytes = [.. body, .. Tag(body)];
        return new(companyId, sessionId, Base64Url.EncodeToString(bytes), SHA256.HashData(bytes));
    }

    private byte[] Tag(ReadOnlySpan<byte> body) => HMACSHA256.HashData(_tagKey, body)[..TagLength];
}
