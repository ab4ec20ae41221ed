using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Refresh tokens: <see cref="OpaqueTokens"/> of a session. By the tag a token that was used before differs from one that somebody
/// made up: the one ends its session (RFC 9700, 4.14.2), the other does nothing.
/// <para>The secret of a token's successor follows from the token by HMAC, so that two refreshes of one token at the same time
/// get the same answer without anybody having stored it.</para>
/// </summary>
public sealed class RefreshTokens(SecretBox secrets)
{
    private readonly OpaqueTokens _tokens = new(secrets.KeyFor("refresh-tag"));
    private readonly byte[] _nextKey = secrets.KeyFor("refresh-next"), _clientKey = secrets.KeyFor("refresh-client");

    /// <summary>The first token of a session.</summary>
    public OpaqueToken Create(Guid companyId, Guid sessionId) => _tokens.Create(companyId, sessionId);

    /// <summary>The token that takes the place of <paramref name="token"/>; always the same one.</summary>
    public OpaqueToken Successor(OpaqueToken token)
        => _tokens.Create(token.CompanyId, token.Id, HMACSHA256.HashData(_nextKey, Base64Url.DecodeFromChars(token.Text)));

    /// <summary>The token, or null when this service did not make it.</summary>
    public OpaqueToken? Read(string text) => _tokens.Read(text);

    /// <summary>
    /// Tells a client from others: its network address and what it calls itself, as a keyed hash of 32 bytes. Good enough to see
    /// that two requests within seconds come from the same browser, and for nothing more.
    /// </summary>
    public byte[] ClientOf(HttpContext http) => HMACSHA256.HashData(_clientKey, Encoding.UTF8.GetBytes(
        $"{ApplyingLimits.AddressOf(http.Connection.RemoteIpAddress)}\n{http.Request.Headers.UserAgent}"));
}
