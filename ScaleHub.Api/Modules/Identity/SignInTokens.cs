using System.Buffers.Text;
using System.Security.Cryptography;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Platform;

namespace ScaleHub.Api.Modules.Identity;

/// <summary>
/// Opens sessions. A refresh token is 256 random bits behind the ids of its company and session, which say where to look it up;
/// only its SHA-256 is stored.
/// </summary>
public sealed class SignInTokens(AccessTokens accessTokens, TimeProvider time)
{
    /// <summary>Seconds that an access token is valid.</summary>
    public int ExpiresIn => accessTokens.Seconds;

    /// <summary>A new session, for the caller to save, and its two tokens.</summary>
    public async ValueTask<(Session Session, string AccessToken, string RefreshToken)> OpenSessionAsync(
        Guid companyId, Guid userId, string role, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var id = Guid.CreateVersion7(now);
        var secret = RandomNumberGenerator.GetBytes(32);
        byte[] refreshToken = [.. companyId.ToByteArray(bigEndian: true), .. id.ToByteArray(bigEndian: true), .. secret];
        var session = new Session
        {
            CompanyId = companyId,
            Id = id,
            UserId = userId,
            RefreshTokenHash = SHA256.HashData(refreshToken),
            CreatedAt = now,
            ExpiresAt = now + Session.Lifetime,
        };
        var accessToken = await accessTokens.IssueAsync(new(userId, companyId, id, role), cancellationToken);
        return (session, accessToken, Base64Url.EncodeToString(refreshToken));
    }
}
