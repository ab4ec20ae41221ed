using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>PUT /api/v1/account/password</c>.</summary>
/// <param name="CurrentPassword">The one that is to go.</param>
/// <param name="NewPassword">8 to 128 characters; none that is guessed first.</param>
[BodyExample("""{ "currentPassword": "correct horse battery", "newPassword": "wrong donkey charger" }""")]
public sealed record ChangePasswordRequest(
    [property: Required, StringLength(1024)] string CurrentPassword, [property: Required] string NewPassword) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => Authentication.NewPassword.Check(NewPassword, nameof(NewPassword), email: "");
}

/// <summary><c>PUT /api/v1/account/password</c>: the caller wants another password.</summary>
public static class ChangePassword
{
    /// <summary>
    /// Changes the caller's password. All other sessions end; this one goes on. A wrong current password counts as a wrong one at
    /// sign-in does (<see cref="SignInLimits"/>), so that a stolen token does not help to guess it.
    /// </summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        ChangePasswordRequest request, AccessToken me, ScaleHubDb db, Passwords passwords, SignInLimits limits, LiveSessions live,
        JobQueue queue, HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var old = await db.Users.AsNoTracking().SingleAsync(u => u.Id == me.UserId, cancellationToken);
        var (refused, counted) = await limits.TryAsync(http, old.Email, known: true);
        if (refused is not null) return refused;
        string hash;
        try
        {
            if (!await passwords.VerifyAsync(old.PasswordHash, request.CurrentPassword, cancellationToken))
            {
                counted = [];
                return TypedResults.Problem("The current password is wrong.", statusCode: StatusCodes.Status403Forbidden);
            }
            hash = await passwords.HashAsync(request.NewPassword, cancellationToken);
        }
        finally
        {
            await limits.GiveBackAsync(counted);
        }
        var now = time.GetDatabaseNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ChangeRole.LockAsync(db, me.CompanyId, me.UserId, cancellationToken);
        var user = await db.Users.SingleAsync(u => u.Id == me.UserId, cancellationToken);
        // Somebody else changed it since the look above: that one counts.
        if (user.PasswordHash != old.PasswordHash)
            return TypedResults.Problem("The current password is wrong.", statusCode: StatusCodes.Status403Forbidden);
        user.PasswordHash = hash;
        // Ends sign-ins that passed the old password and still need the second factor. Not audited: nobody is signed in by them
        // yet.
        await db.OneTimeTokens.Where(t => t.UserId == me.UserId && t.Purpose == OneTimePurpose.SignIn && t.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken);
        db.Audit.As(user, "user.password_changed");
        await EndOtherSessions.EndAsync(db, live, me.CompanyId, me.UserId, except: me.SessionId, now, cancellationToken);
        queue.Add(Notice(user));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.NoContent();
    }

    /// <summary>Whoever did not change it has to know that somebody did.</summary>
    internal static SendMail Notice(User user) => new(user.Email, "Your password was changed",
        ["The password of your account was changed just now, and other devices were signed out.",
         "If it was not you, set a new password at once: on the sign-in page, say that you forgot it."]);
}
