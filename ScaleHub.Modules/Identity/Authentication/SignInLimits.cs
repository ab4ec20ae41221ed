using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// How often passwords may be tried, and tokens refreshed.
/// <para>Guarantee: in any 15 minutes at most 10 wrong passwords are tried on one account, whatever the addresses: 5 from the
/// addresses from which its user has signed in within 30 days, and 5 from all others together. Strangers who use up theirs leave
/// the user's own addresses alone. An address has 100 wrong passwords in 5 minutes on accounts whose users have not signed in
/// from it lately, so that one who guesses keeps nobody out who shares the address. An attempt is counted before the password is
/// looked at and taken back when it was right, so attempts at the same time do not get more, and hundreds of people behind one
/// address sign in. An address that nobody registered counts like any other.</para>
/// <para>Redis away: each instance admits its share of each limit, as for all others (docs/rate-limits.md).</para>
/// <para>Source: OWASP, Blocking Brute Force Attacks; NIST SP 800-63B, 5.2.2.</para>
/// </summary>
public sealed class SignInLimits(
    RateLimiter limiter, ApplyingLimits limits, RateLimitRefusals refusals, SecretBox secrets, TimeProvider time)
{
    // E-mail addresses are not kept in Redis in the clear.
    private readonly byte[] _key = secrets.KeyFor("sign-in-limits");

    /// <summary>Counts an attempt to sign in.</summary>
    /// <param name="http">Of the request.</param>
    /// <param name="email">Of the account.</param>
    /// <param name="known">Whether its user has signed in from this address lately.</param>
    /// <returns>The answer when there were too many, else null; and what to give back.</returns>
    public async Task<(ProblemHttpResult? Refused, ApplyingLimit[] Counted)> TryAsync(HttpContext http, string email, bool known)
    {
        ApplyingLimit[] byAddress = known ? [] : [limits.ByAddress(RateLimits.SignIn, http)];
        if (byAddress.Length > 0 && await RefuseAsync(http, byAddress[0]) is { } many) return (many, []);
        var account = Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(Login.Normalize(email)))[..16]);
        var byAccount = limits.By(RateLimits.Account, account, known ? ":known" : ":others");
        return await RefuseAsync(http, byAccount) is { } locked ? (locked, []) : (null, [.. byAddress, byAccount]);
    }

    /// <summary>The password was right, or nobody looked at it: the attempt does not count.</summary>
    public async Task GiveBackAsync(ApplyingLimit[] counted)
    {
        foreach (var limit in counted) await limiter.GiveBackAsync(limit);
    }

    /// <summary>Counts a refresh by its session: 429 when there were too many, else null.</summary>
    public Task<ProblemHttpResult?> TryRefreshAsync(HttpContext http, OpaqueToken token)
        => RefuseAsync(http, limits.By(RateLimits.Refresh, $"{token.CompanyId:N}", $":{token.Id:N}"));

    /// <summary>Counts a refresh token that somebody made up, by the address: 429 when there were too many, else null.</summary>
    public Task<ProblemHttpResult?> TryForgedAsync(HttpContext http) => RefuseAsync(http, limits.ByAddress(RateLimits.Auth, http));

    /// <summary>
    /// Whether a user has signed in from the caller's address within 30 days. For nobody's it takes the same work, so that the
    /// time tells nothing.
    /// </summary>
    public async Task<bool> IsKnownAsync(ScaleHubDb db, Guid userId, HttpContext http, CancellationToken cancellationToken)
    {
        var since = time.GetDatabaseNow() - Session.Lifetime;
        var addresses = await db.Sessions.Where(s => s.UserId == userId && s.CreatedAt > since).Select(s => s.Ip).Distinct()
            .Take(100).ToListAsync(cancellationToken);
        var here = ApplyingLimits.AddressOf(http.Connection.RemoteIpAddress);
        return addresses.Exists(a => IPAddress.TryParse(a, out var address) && ApplyingLimits.AddressOf(address) == here);
    }

    private async Task<ProblemHttpResult?> RefuseAsync(HttpContext http, ApplyingLimit limit)
    {
        ApplyingLimit[] all = [limit];
        var decision = await limiter.DecideAsync(all, http.RequestAborted);
        return decision.Admitted ? null : await refusals.CreateAsync(http, all, decision);
    }
}
