using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/password/reset</c>.</summary>
/// <param name="Token">From the link.</param>
/// <param name="Password">8 to 128 characters; none that is guessed first, nor the address.</param>
[BodyExample("""{ "token": "from the link in the mail", "password": "correct horse battery" }""")]
public sealed record ResetPasswordRequest([property: Required, StringLength(200)] string Token, [property: Required] string Password)
    : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => NewPassword.Check(Password, nameof(Password), email: "");
}

/// <summary><c>POST /api/v1/auth/password/reset</c>: sets a new password by a link from <see cref="ForgotPassword"/>.</summary>
public static class ResetPassword
{
    /// <summary>
    /// Sets a new password. The link is used up, other links of the user end, and so does every session: whoever had the old
    /// password is out within a second.
    /// </summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        ResetPasswordRequest request, Tenant tenant, ScaleHubDb db, AccountLinks links, Passwords passwords, LiveSessions live, JobQueue queue,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        if (links.Read(request.Token) is not { } link) return NotValid();
        tenant.ActAs(link.CompanyId, null);
        // Looked at first: hashing costs, and nobody gets it for nothing.
        if (await OneTimeToken.FindAsync(db, link, OneTimePurpose.ResetPassword, now, cancellationToken) is not { } token)
            return NotValid();
        var hash = await passwords.HashAsync(request.Password, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ChangeRole.LockAsync(db, link.CompanyId, token.UserId, cancellationToken);
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == token.UserId && u.DeletedAt == null, cancellationToken) is not { } user
            || !await OneTimeToken.UseAsync(db, token, now, cancellationToken)) return NotValid();
        tenant.ActAs(user.CompanyId, user.Id);
        // Not audited: links on their way.
        await db.OneTimeTokens.Where(t => t.UserId == user.Id && t.Purpose != OneTimePurpose.VerifyEmail && t.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken);
        user.PasswordHash = hash;
        db.Audit.As(user, "user.password_reset");
        // Who has the link has the mailbox.
        user.EmailVerifiedAt ??= now;
        await EndOtherSessions.EndAsync(db, live, user.CompanyId, user.Id, except: null, now, cancellationToken);
        queue.Add(ChangePassword.Notice(user));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.NoContent();
    }

    internal static ProblemHttpResult NotValid() => TypedResults.Problem(
        "The link does not work: it is used, has expired, or is not complete. Ask for a new one.",
        statusCode: StatusCodes.Status404NotFound);
}
