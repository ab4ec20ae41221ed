using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/refresh</c>.</summary>
[BodyExample("""{ "refreshToken": "the one of the last answer" }""")]
public sealed record RefreshSessionRequest([property: Required, StringLength(200)] string RefreshToken);

/// <summary>The next tokens of a session.</summary>
/// <param name="AccessToken">Send as <c>Authorization: Bearer</c>.</param>
/// <param name="RefreshToken">Takes the place of the one that was sent.</param>
/// <param name="ExpiresIn">Seconds that the access token is valid.</param>
public sealed record RefreshSessionResponse(string AccessToken, string RefreshToken, int ExpiresIn);

/// <summary>
/// <c>POST /api/v1/auth/refresh</c>: new tokens for old. A refresh token works once. One that comes a second time was stolen,
/// from the client or by it, so the session ends (RFC 9700, 4.14.2).
/// <para>Requests with one token at nearly the same time, as two tabs of a browser make them, are no theft: one of them rotates,
/// and all get its answer. Those that come after it must come within <see cref="IdentityOptions.RefreshGraceSeconds"/> and from
/// the same client, told by its network address and what it calls itself.</para>
/// </summary>
public static class RefreshSession
{
    /// <summary>Trades a refresh token for the next pair of tokens.</summary>
    public static async Task<Results<Ok<RefreshSessionResponse>, ProblemHttpResult>> HandleAsync(
        RefreshSessionRequest request, ScaleHubDb db, Tenant tenant, RefreshTokens tokens, AccessTokens accessTokens,
        SignInLimits limits, LiveSessions live, IOptions<IdentityOptions> options, HttpContext http, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (tokens.Read(request.RefreshToken) is not { } token) return await limits.TryForgedAsync(http) ?? Refused();
        if (await limits.TryRefreshAsync(http, token) is { } many) return many;
        tenant.ActAs(token.CompanyId, null);
        var now = time.GetDatabaseNow();
        if (await FindAsync(db, token, now, cancellationToken) is not { } found) return Refused();

        var next = tokens.Successor(token);
        var client = tokens.ClientOf(http);
        if (Same(found.Hash, token.Hash))
        {
            // Not audited: each refresh would be an entry.
            var rotated = await db.Sessions.Where(s => s.Id == token.Id && s.RefreshTokenHash == token.Hash)
                .Where(Session.IsLiveAt(now))
                .ExecuteUpdateAsync(
                    set => set.SetProperty(s => s.RefreshTokenHash, next.Hash).SetProperty(s => s.RefreshedAt, now)
                        .SetProperty(s => s.RefreshedBy, client)
                        .SetProperty(s => s.ExpiresAt, now + Session.Lifetime),
                    cancellationToken);
            // None: another request rotated it since the look above, which is when both were under way.
            if (rotated == 0 && (await FindAsync(db, token, now, cancellationToken) is not { } again
                || !Same(again.Hash, next.Hash)))
                return Refused();
        }
        else if (!Same(found.Hash, next.Hash) || found.RefreshedBy is { } by && !Same(by, client)
            || now >= found.RefreshedAt + TimeSpan.FromSeconds(options.Value.RefreshGraceSeconds))
        {
            await live.WillChangeAsync(db.UnitOfWork, token.CompanyId, [token.Id]);
            await db.Audit.ExecuteAsync("session.ended", $"""
                update sessions set revoked_at = {now} where id = {token.Id} and revoked_at is null
                returning id as subject_id, jsonb_build_object(
                    'userId', jsonb_build_object('from', user_id), 'tokenReused', jsonb_build_object('to', true)) as detail
                """, cancellationToken);
            return Refused();
        }
        tenant.ActAs(token.CompanyId, found.UserId);
        var accessToken = await accessTokens.IssueAsync(new(found.UserId, token.CompanyId, token.Id, found.Role),
            cancellationToken);
        return TypedResults.Ok(new RefreshSessionResponse(accessToken, next.Text, accessTokens.Seconds));
    }

    private static Task<Found?> FindAsync(ScaleHubDb db, OpaqueToken token, DateTimeOffset now,
        CancellationToken cancellationToken)
        => db.Sessions.Where(s => s.Id == token.Id).Where(Session.IsLiveAt(now))
            .Join(db.Users.Where(u => u.DeletedAt == null), s => s.UserId, u => u.Id,
                (s, u) => new Found(u.Id, u.Role, s.RefreshTokenHash, s.RefreshedAt, s.RefreshedBy))
            .SingleOrDefaultAsync(cancellationToken);

    private static bool Same(byte[] a, byte[] b) => CryptographicOperations.FixedTimeEquals(a, b);

    private static ProblemHttpResult Refused()
        => TypedResults.Problem("The refresh token is not valid. Sign in again.", statusCode: 401);

    private sealed record Found(Guid UserId, string Role, byte[] Hash, DateTimeOffset RefreshedAt, byte[]? RefreshedBy);
}
