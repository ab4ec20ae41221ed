using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/login</c>.</summary>
[BodyExample("""{ "email": "ada@company.example", "password": "correct horse battery" }""")]
public sealed record LogInRequest(
    [property: Required, Text(254)] string Email, [property: Required, StringLength(1024)] string Password);

/// <summary>The tokens of a new session.</summary>
/// <param name="AccessToken">Send as <c>Authorization: Bearer</c>.</param>
/// <param name="RefreshToken">Keep it secret: it stands for the session.</param>
/// <param name="ExpiresIn">Seconds that the access token is valid.</param>
public sealed record LogInResponse(string AccessToken, string RefreshToken, int ExpiresIn);

/// <summary><c>POST /api/v1/auth/login</c>: a person signs in on a device.</summary>
public static class LogIn
{
    // Within it, one failure of an account is in the audit log.
    internal static readonly TimeSpan FailureAuditWindow = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Signs in. An unknown e-mail address and a wrong password get the same answer, in the same time. The answer is 429 after
    /// five wrong passwords for an account in 15 minutes from addresses that its user signs in from, or five from all other
    /// addresses together (<see cref="SignInLimits"/>). For a user with a second factor the answer is 401 with
    /// <c>totpRequired</c> and a <c>challenge</c>; <c>POST /api/v1/auth/login/totp</c> completes the sign-in.
    /// </summary>
    public static async Task<Results<Ok<LogInResponse>, ProblemHttpResult>> HandleAsync(
        LogInRequest request, ScaleHubDb db, Tenant tenant, Passwords passwords, SignInTokens tokens, SignInLimits limits,
        AccountLinks links, HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var login = await db.FindLogin(request.Email).AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        var (companyId, userId) = login is null ? (Guid.NewGuid(), Guid.NewGuid()) : (login.CompanyId, login.UserId);
        tenant.ActAs(companyId, userId);
        var (refused, counted) = await limits.TryAsync(
            http, request.Email, await limits.IsKnownAsync(db, userId, http, cancellationToken));
        if (refused is not null) return refused;
        bool right;
        try
        {
            right = await passwords.VerifyAsync(login?.PasswordHash, request.Password, cancellationToken);
        }
        catch
        {
            // Nobody looked at the password: too many wait, or the client has gone.
            await limits.GiveBackAsync(counted);
            throw;
        }
        if (!right || login is null)
        {
            await db.Audit.AddOnceAsync("user.sign_in_failed", userId, FailureAuditWindow, cancellationToken);
            return TypedResults.Problem("E-mail address or password is wrong.", statusCode: 401);
        }

        await limits.GiveBackAsync(counted);
        // The password may have been changed during the verification. A session that the old one opened now would not be ended by
        // that change, so the sign-in is refused.
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Users.FromSql($"select * from users where id = {login.UserId} for share").Select(u => u.PasswordHash)
            .SingleOrDefaultAsync(cancellationToken) != login.PasswordHash)
            return TypedResults.Problem("E-mail address or password is wrong.", statusCode: 401);
        if (await db.Set<UserTotp>().AnyAsync(t => t.UserId == login.UserId && t.ConfirmedAt != null, cancellationToken))
        {
            var challenge = await LogInTotp.ChallengeAsync(db, links, login.CompanyId, login.UserId, time.GetDatabaseNow(), cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
            return challenge;
        }
        var (accessToken, refreshToken) = await tokens.OpenSessionAsync(db, login.CompanyId, login.UserId, login.Role, http);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        await tokens.TidyAsync(db, login.CompanyId, login.UserId, cancellationToken);
        return TypedResults.Ok(new LogInResponse(accessToken, refreshToken, tokens.ExpiresIn));
    }
}
