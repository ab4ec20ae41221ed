using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>DELETE /api/v1/me/totp</c>.</summary>
/// <param name="Password">The caller's.</param>
/// <param name="Code">The six digits that the app shows.</param>
/// <param name="RecoveryCode">One of the recovery codes, instead of a code.</param>
[BodyExample("""{ "password": "correct horse battery", "code": "123456" }""")]
public sealed record DeleteTotpRequest(
    [property: Required, StringLength(1024)] string Password,
    [property: RegularExpression(TotpRules.Code, ErrorMessage = TotpRules.SixDigits)] string? Code = null,
    [property: StringLength(100)] string? RecoveryCode = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => TotpRules.Either(Code, RecoveryCode);
}

/// <summary><c>DELETE /api/v1/me/totp</c>: the caller signs in with the password alone again.</summary>
public static class DeleteTotp
{
    /// <summary>
    /// Switches the second factor off. The body has the password and a code. If one is wrong, the answer is 403, and the attempt
    /// counts like a failed sign-in.
    /// </summary>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        [FromBody] DeleteTotpRequest request, AccessToken me, ScaleHubDb db, Passwords passwords, SignInLimits limits,
        TotpCodes codes, JobQueue queue, HttpContext http, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == me.UserId, cancellationToken);
        if (await CreateTotp.CheckPasswordAsync(user, request.Password, passwords, limits, http, cancellationToken) is { } wrong)
            return wrong;
        var (refused, counted) = await limits.TryAsync(http, user.Email, known: true);
        if (refused is not null) return refused;
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.LockTotpAsync(me.UserId, cancellationToken) is not { ConfirmedAt: not null } totp)
                return TypedResults.NotFound();
            if (!codes.Take(totp, request.Code, request.RecoveryCode))
            {
                counted = [];
                return ConfirmTotp.WrongCode(StatusCodes.Status403Forbidden);
            }
            db.Remove(totp);
            queue.Add(ConfirmTotp.Notice(user, isOn: false));
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
            return TypedResults.NoContent();
        }
        finally
        {
            await limits.GiveBackAsync(counted);
        }
    }
}
