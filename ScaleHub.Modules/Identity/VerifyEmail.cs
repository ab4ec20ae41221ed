using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/email/verify</c>.</summary>
/// <param name="Token">From the link.</param>
[BodyExample("""{ "token": "from the link in the mail" }""")]
public sealed record VerifyEmailRequest([property: Required, StringLength(200)] string Token);

/// <summary><c>POST /api/v1/auth/email/verify</c>: a user shows that the address is his, by the link that was sent to
/// it.</summary>
public static class VerifyEmail
{
    /// <summary>How long the link works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>Notes that the address is the user's. The link works once.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        VerifyEmailRequest request, Tenant tenant, ScaleHubDb db, AccountLinks links, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        if (links.Read(request.Token) is not { } link) return ResetPassword.NotValid();
        tenant.ActAs(link.CompanyId, null);
        if (await OneTimeToken.FindAsync(db, link, OneTimePurpose.VerifyEmail, now, cancellationToken) is not { } token)
            return ResetPassword.NotValid();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await OneTimeToken.UseAsync(db, token, now, cancellationToken)) return ResetPassword.NotValid();
        tenant.ActAs(link.CompanyId, token.UserId);
        await db.Audit.ExecuteAsync("user.email_verified", $"""
            update users set email_verified_at = {now} where id = {token.UserId} and email_verified_at is null
            returning id as subject_id, jsonb_build_object() as detail
            """, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.NoContent();
    }

    /// <summary>Adds the link and the mail with it to what the caller saves.</summary>
    internal static void Ask(ScaleHubDb db, JobQueue queue, AccountLinks links, User user, DateTimeOffset now)
    {
        var (row, link) = OneTimeToken.For(links, user.CompanyId, user.Id, OneTimePurpose.VerifyEmail, Lifetime, now);
        db.OneTimeTokens.Add(row);
        queue.Add(new SendMail(user.Email, "Confirm your e-mail address",
            ["Please confirm that this address is yours. The link works for a day."], links.Url("verify", link), "Confirm"));
    }
}
