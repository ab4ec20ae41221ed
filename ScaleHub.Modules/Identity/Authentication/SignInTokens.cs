using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>Opens sessions, at most <see cref="Session.MostPerUser"/> of a user: one more ends the oldest.</summary>
public sealed class SignInTokens(AccessTokens accessTokens, RefreshTokens refreshTokens, LiveSessions live, TimeProvider time)
{
    /// <summary>Seconds that an access token is valid.</summary>
    public int ExpiresIn => accessTokens.Seconds;

    /// <summary>Adds a new session, for the caller to save, and returns its two tokens.</summary>
    public async ValueTask<(string AccessToken, string RefreshToken)> OpenSessionAsync(
        ScaleHubDb db, Guid companyId, Guid userId, string role, HttpContext http)
    {
        var now = time.GetDatabaseNow();
        var id = Guid.CreateVersion7(now);
        var refreshToken = refreshTokens.Create(companyId, id);
        var session = new Session
        {
            CompanyId = companyId,
            Id = id,
            UserId = userId,
            RefreshTokenHash = refreshToken.Hash,
            CreatedAt = now,
            RefreshedAt = now,
            ExpiresAt = now + Session.Lifetime,
            UserAgent = Printable(http.Request.Headers.UserAgent.ToString()),
            Ip = http.Connection.RemoteIpAddress is { } ip ? (ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).ToString() : null,
        };
        var accessToken = await accessTokens.IssueAsync(new(userId, companyId, id, role), http.RequestAborted);
        db.Sessions.Add(session);
        db.Audit.Add("user.signed_in", userId,
            new("sessionId", null, id), new("userAgent", null, session.UserAgent), new("ip", null, session.Ip));
        return (accessToken, refreshToken.Text);
    }

    /// <summary>Ends the oldest sessions above the limit, and deletes those that ended a session's lifetime ago.</summary>
    public async Task TidyAsync(ScaleHubDb db, Guid companyId, Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var longAgo = now - Session.Lifetime;
        // Not audited: they ended long ago.
        await db.Sessions.Where(s => s.UserId == userId && (s.ExpiresAt < longAgo || s.RevokedAt < longAgo))
            .ExecuteDeleteAsync(cancellationToken);
        var surplus = await db.Sessions.Where(s => s.UserId == userId).Where(Session.IsLiveAt(now))
            .OrderByDescending(s => s.CreatedAt).Skip(Session.MostPerUser).Take(100).Select(s => s.Id)
                .ToListAsync(cancellationToken);
        if (surplus.Count == 0) return;
        await live.WillChangeAsync(db.UnitOfWork, companyId, surplus);
        await Session.EndAsync(db, surplus, userId, now, cancellationToken);
    }

    // What a client calls itself is shown to its user again.
    private static string? Printable(string userAgent)
        => userAgent.Length == 0 ? null : string.Concat(userAgent.Where(c => c is >= ' ' and <= '~').Take(300));
}
