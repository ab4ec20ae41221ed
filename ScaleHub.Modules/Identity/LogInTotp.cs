using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/login/totp</c>.</summary>
/// <param name="Challenge">From the answer of <c>POST /api/v1/auth/login</c>.</param>
/// <param name="Code">The six digits that the app shows.</param>
/// <param name="RecoveryCode">One of the recovery codes, instead of a code.</param>
[BodyExample("""{ "challenge": "from the answer of the sign-in", "code": "123456" }""")]
public sealed record LogInTotpRequest(
    [property: Required, StringLength(200)] string Challenge,
    [property: RegularExpression(TotpRules.Code, ErrorMessage = TotpRules.SixDigits)] string? Code = null,
    [property: StringLength(100)] string? RecoveryCode = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => TotpRules.Either(Code, RecoveryCode);
}

/// <summary><c>POST /api/v1/auth/login/totp</c>: the second half of signing in.</summary>
public static class LogInTotp
{
    /// <summary>How long somebody has for the code.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Signs in by a code of the app or a recovery code, after the password. A challenge works once and for five minutes. A wrong
    /// code counts as a wrong password does, and leaves the challenge as it is.
    /// </summary>
    public static async Task<Results<Ok<LogInResponse>, ProblemHttpResult>> HandleAsync(
        LogInTotpRequest request, ScaleHubDb db, Tenant tenant, AccountLinks links, TotpCodes codes, SignInTokens tokens,
        SignInLimits limits, HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        if (links.Read(request.Challenge) is not { } link) return NotValid();
        tenant.ActAs(link.CompanyId, null);
        if (await OneTimeToken.FindAsync(db, link, OneTimePurpose.SignIn, now, cancellationToken) is not { } challenge)
            return NotValid();
        var user = await db.Users.AsNoTracking()
            .SingleOrDefaultAsync(u => u.Id == challenge.UserId && u.DeletedAt == null, cancellationToken);
        if (user is null) return NotValid();
        var (refused, counted) = await limits.TryAsync(
            http, user.Email, await limits.IsKnownAsync(db, user.Id, http, cancellationToken));
        if (refused is not null) return refused;
        try
        {
            tenant.ActAs(user.CompanyId, user.Id);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.LockTotpAsync(user.Id, cancellationToken) is not { ConfirmedAt: not null } totp) return NotValid();
            if (!codes.Take(totp, request.Code, request.RecoveryCode))
            {
                counted = [];
                await transaction.RollbackAsync(CancellationToken.None);
                await db.Audit.AddOnceAsync("user.sign_in_failed", user.Id, LogIn.FailureAuditWindow, cancellationToken);
                return ConfirmTotp.WrongCode(StatusCodes.Status401Unauthorized);
            }
            if (!await OneTimeToken.UseAsync(db, challenge, now, cancellationToken)) return NotValid();
            var (accessToken, refreshToken) = await tokens.OpenSessionAsync(db, user.CompanyId, user.Id, user.Role, http);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
            await tokens.TidyAsync(db, user.CompanyId, user.Id, cancellationToken);
            return TypedResults.Ok(new LogInResponse(accessToken, refreshToken, tokens.ExpiresIn));
        }
        finally
        {
            await limits.GiveBackAsync(counted);
        }
    }

    /// <summary>The answer to a right password of somebody who has a second factor: 401 with a challenge, so that a client that
    /// knows no second factor takes it for what it is, a sign-in that was refused.</summary>
    internal static async Task<ProblemHttpResult> ChallengeAsync(
        ScaleHubDb db, AccountLinks links, Guid companyId, Guid userId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Not audited: sign-ins on their way.
        await db.OneTimeTokens.Where(t => t.UserId == userId && t.Purpose == OneTimePurpose.SignIn && t.ExpiresAt < now)
            .ExecuteDeleteAsync(cancellationToken);
        var (row, token) = OneTimeToken.For(links, companyId, userId, OneTimePurpose.SignIn, Patience, now);
        db.OneTimeTokens.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Problem(
            "The password is right. Send a code of the authenticator app to POST /api/v1/auth/login/totp.",
            statusCode: StatusCodes.Status401Unauthorized, extensions:
            [
                new("totpRequired", true), new("challenge", token.Text), new("expiresIn", (int)Patience.TotalSeconds),
            ]);
    }

    private static ProblemHttpResult NotValid() => TypedResults.Problem(
        "The challenge does not work: it is used, has expired, or is not complete. Sign in again.",
        statusCode: StatusCodes.Status401Unauthorized);
}
