using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/password/forgot</c>.</summary>
/// <param name="Email">Of the account.</param>
[BodyExample("""{ "email": "ada@company.example" }""")]
public sealed record ForgotPasswordRequest([property: Required, Text(254, 1)] string Email);

/// <summary>
/// <c>POST /api/v1/auth/password/forgot</c>: whoever has the account's mailbox gets a link to set a new password.
/// <para>The answer and its time are the same whether there is such an account or not: the request adds a job and looks nothing
/// up.</para>
/// </summary>
public static class ForgotPassword
{
    /// <summary>Sends a link to set a new password, which works once and for 30 minutes, if there is such an account.</summary>
    public static async Task<Accepted> HandleAsync(
        ForgotPasswordRequest request, Tenant tenant, ScaleHubDb db, JobQueue queue, CancellationToken cancellationToken)
    {
        tenant.ActAs(Tenant.Platform, null);
        queue.Add(new FindForgetful(request.Email));
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted((string?)null);
    }
}

/// <summary>Finds the company of an address, as the platform; the rest is done as that company.</summary>
/// <param name="Email">What somebody typed.</param>
public sealed record FindForgetful(string Email) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "identity.find-forgetful";
}

internal sealed class FindForgetfulHandler(ScaleHubDb db, JobQueue queue) : IJobHandler<FindForgetful>
{
    public async Task HandleAsync(FindForgetful job, JobRun run, CancellationToken cancellationToken)
    {
        if (await db.FindLogin(job.Email).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } login) return;
        queue.Add(new SendResetLink(login.UserId), new() { CompanyId = login.CompanyId });
        await db.SaveChangesAsync(cancellationToken);
    }
}

/// <summary>Sends a user the link; at most three an hour, so that nobody can fill a stranger's mailbox.</summary>
/// <param name="UserId">Who gets it.</param>
public sealed record SendResetLink(Guid UserId) : IJob
{
    internal const int MostPerHour = 3;

    /// <summary>How long the link works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <inheritdoc/>
    public static string Kind => "identity.send-reset-link";
}

internal sealed class SendResetLinkHandler(ScaleHubDb db, JobQueue queue, AccountLinks links, TimeProvider time)
    : IJobHandler<SendResetLink>
{
    public async Task HandleAsync(SendResetLink job, JobRun run, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var anHourAgo = now.AddHours(-1);
        // One at a time for a user: two that count at once would both find room.
        await db.Database.ExecuteSqlAsync($"select from users where id = {job.UserId} for no key update", cancellationToken);
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == job.UserId && u.DeletedAt == null, cancellationToken);
        if (user is null || await db.OneTimeTokens.CountAsync(t => t.UserId == user.Id && t.Purpose == OneTimePurpose.ResetPassword
            && t.CreatedAt > anHourAgo, cancellationToken) >= SendResetLink.MostPerHour) return;
        await OneTimeToken.TidyAsync(db, user.Id, now, cancellationToken);
        var (row, link) = OneTimeToken.For(links, user.CompanyId, user.Id, OneTimePurpose.ResetPassword, SendResetLink.Lifetime, now);
        db.OneTimeTokens.Add(row);
        queue.Add(new SendMail(user.Email, "Set a new password",
            ["Somebody, probably you, asked for a new password for this account.",
             "The link works once, within 30 minutes. If it was not you, ignore this mail: nothing has changed."],
            links.Url("reset", link), "Set a new password"));
        await db.SaveChangesAsync(cancellationToken);
    }
}
