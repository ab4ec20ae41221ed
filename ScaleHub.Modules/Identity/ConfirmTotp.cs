using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/me/totp/confirm</c>.</summary>
/// <param name="Code">The six digits that the app shows.</param>
[BodyExample("""{ "code": "123456" }""")]
public sealed record ConfirmTotpRequest(
    [property: Required, RegularExpression(TotpRules.Code, ErrorMessage = TotpRules.SixDigits)] string Code);

/// <summary>What gets the user in without the app.</summary>
/// <param name="RecoveryCodes">Ten codes, each of which works once. They are not shown again.</param>
public sealed record ConfirmTotpResponse(IReadOnlyList<string> RecoveryCodes);

/// <summary>What a body may have for a code.</summary>
internal static class TotpRules
{
    public const string Code = "^[0-9]{6}$", SixDigits = "A code has six digits.";

    /// <summary>Either a code or a recovery code.</summary>
    public static IEnumerable<ValidationResult> Either(string? code, string? recoveryCode)
    {
        if (code is null == recoveryCode is null) yield return new("Give a code or a recovery code, and not both.", ["Code"]);
    }
}

/// <summary><c>POST /api/v1/me/totp/confirm</c>: the caller's app has the secret.</summary>
public static class ConfirmTotp
{
    /// <summary>
    /// Switches the second factor on by a first code, and answers with ten recovery codes. A wrong code is 403 and counts as a
    /// wrong password at sign-in does.
    /// </summary>
    public static async Task<Results<Ok<ConfirmTotpResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        ConfirmTotpRequest request, AccessToken me, ScaleHubDb db, SignInLimits limits, TotpCodes codes, JobQueue queue,
        HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == me.UserId, cancellationToken);
        var (refused, counted) = await limits.TryAsync(http, user.Email, known: true);
        if (refused is not null) return refused;
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.LockTotpAsync(me.UserId, cancellationToken) is not { } totp) return TypedResults.NotFound();
            if (totp.ConfirmedAt is not null) return Problems.Conflict("code", "The second factor is on already.");
            if (!codes.Take(totp, request.Code, null))
            {
                counted = [];
                return WrongCode(StatusCodes.Status403Forbidden);
            }
            var (texts, hashes) = codes.CreateRecoveryCodes();
            (totp.RecoveryCodes, totp.ConfirmedAt) = (hashes, time.GetDatabaseNow());
            queue.Add(Notice(user, isOn: true));
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
            return TypedResults.Ok(new ConfirmTotpResponse(texts));
        }
        finally
        {
            await limits.GiveBackAsync(counted);
        }
    }

    internal static ProblemHttpResult WrongCode(int status)
        => TypedResults.Problem("The code is wrong, or was used already.", statusCode: status,
            extensions: [Problems.Errors("code", "It is wrong, or was used already.")]);

    /// <summary>Whoever did not do it has to know that somebody did.</summary>
    internal static SendMail Notice(User user, bool isOn) => new(
        user.Email, $"Your second factor was switched {(isOn ? "on" : "off")}",
        [$"From now on, signing in to your account needs {(isOn ? "a code of your authenticator app, too" : "the password alone")}.",
         "If it was not you, set a new password at once, and tell an owner of your company."]);
}
