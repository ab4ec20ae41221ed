using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/me/totp</c>.</summary>
/// <param name="Password">The caller's, so that a stolen token does not lock its owner out.</param>
[BodyExample("""{ "password": "correct horse battery" }""")]
public sealed record CreateTotpRequest([property: Required, StringLength(1024)] string Password);

/// <summary>What an authenticator app needs. It is not shown again.</summary>
/// <param name="Secret">In base32, to be typed.</param>
/// <param name="Uri">The same as an <c>otpauth</c> URI, for a QR code.</param>
public sealed record CreateTotpResponse(string Secret, string Uri);

/// <summary><c>POST /api/v1/me/totp</c>: the caller wants a second factor.</summary>
public static class CreateTotp
{
    /// <summary>
    /// Makes a secret for an authenticator app. Signing in needs its codes once <c>POST /api/v1/me/totp/confirm</c> has seen one;
    /// until then another call makes another secret. A wrong password counts as one at sign-in does.
    /// </summary>
    public static async Task<Results<Ok<CreateTotpResponse>, ProblemHttpResult>> HandleAsync(
        CreateTotpRequest request, AccessToken me, ScaleHubDb db, Passwords passwords, SignInLimits limits, TotpCodes codes,
        HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == me.UserId, cancellationToken);
        if (await CheckPasswordAsync(user, request.Password, passwords, limits, http, cancellationToken) is { } refused)
            return refused;
        var (text, secret) = codes.CreateSecret();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Of two calls at the same time one makes the row, and the other finds it.
        await db.Database.ExecuteSqlAsync($"select from users where id = {me.UserId} for no key update", cancellationToken);
        var totp = await db.LockTotpAsync(me.UserId, cancellationToken);
        if (totp is { ConfirmedAt: not null }) return Problems.Conflict("password", "The second factor is on already.");
        if (totp is null)
        {
            totp = new() { CompanyId = me.CompanyId, UserId = me.UserId, Secret = secret, CreatedAt = time.GetDatabaseNow() };
            db.Add(totp);
        }
        (totp.Secret, totp.LastStep, totp.CreatedAt) = (secret, 0, time.GetDatabaseNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.Ok(new CreateTotpResponse(text, TotpCodes.Uri(user.Email, text)));
    }

    /// <summary>403 for a wrong password, 429 after too many; null when it is right.</summary>
    internal static async Task<ProblemHttpResult?> CheckPasswordAsync(
        User user, string password, Passwords passwords, SignInLimits limits, HttpContext http,
        CancellationToken cancellationToken)
    {
        var (refused, counted) = await limits.TryAsync(http, user.Email, known: true);
        if (refused is not null) return refused;
        try
        {
            if (await passwords.VerifyAsync(user.PasswordHash, password, cancellationToken)) return null;
            counted = [];
            return TypedResults.Problem("The password is wrong.", statusCode: StatusCodes.Status403Forbidden);
        }
        finally
        {
            await limits.GiveBackAsync(counted);
        }
    }
}
