using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/invitations</c>.</summary>
/// <param name="Email">Who is asked to join; signs in with it afterwards.</param>
/// <param name="Role"><c>member</c> by default; only an owner invites an <c>owner</c>.</param>
[BodyExample("""{ "email": "bob@company.example", "role": "member" }""")]
public sealed record InviteUserRequest(
    [property: Required, Email] string Email,
    [property: AllowedValues(Roles.Owner, Roles.Admin, Roles.Member, ErrorMessage = "Use owner, admin or member.")]
    string Role = Roles.Member);

/// <summary>An invitation that stands.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Email">Who is asked.</param>
/// <param name="Role">What the user will be.</param>
/// <param name="CreatedBy">Who asks.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record InvitationResponse(
    Guid Id, string Email, string Role, Guid CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    internal static readonly Expression<Func<Invitation, InvitationResponse>> Projection = i => new(
        i.Id, i.Email, i.Role, i.CreatedBy, i.CreatedAt, i.ExpiresAt);

    internal static readonly Func<Invitation, InvitationResponse> From = Projection.Compile();
}

/// <summary><c>POST /api/v1/invitations</c>: somebody is asked by mail to join the company.</summary>
public static class InviteUser
{
    /// <summary>Invitations of a company that may stand at a time.</summary>
    public const int Most = 100;

    /// <summary>
    /// Sends an invitation, which works for a week. It counts against the quota of users when it is accepted. An address that is
    /// in use already is invited all the same, and told so when it accepts: otherwise anybody could find out who has an account.
    /// </summary>
    public static async Task<Results<Created<InvitationResponse>, ProblemHttpResult>> HandleAsync(
        InviteUserRequest request, AccessToken me, ScaleHubDb db, JobQueue queue, AccountLinks links, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!Roles.MayGive(me.Role, request.Role)) return ChangeRole.NotAllowed();
        var now = time.GetDatabaseNow();
        // Locks the company, so that concurrent requests cannot exceed the maximum.
        await db.Database.ExecuteSqlAsync($"select from companies where id = {me.CompanyId} for no key update", cancellationToken);
        if (await db.Invitations.CountAsync(i => i.AcceptedAt == null && i.ExpiresAt > now, cancellationToken) >= Most)
            return Problems.Conflict("email", $"There are {Most} open invitations. Withdraw some, or wait until some are accepted.");
        var lastMonth = now.AddDays(-30);
        // Not audited: nobody can accept them any more.
        await db.Invitations.Where(i => i.ExpiresAt < lastMonth).ExecuteDeleteAsync(cancellationToken);
        var company = await db.Companies.AsNoTracking().SingleAsync(c => c.Id == me.CompanyId, cancellationToken);
        var link = links.Create(me.CompanyId, Guid.CreateVersion7(now));
        var invitation = new Invitation
        {
            CompanyId = me.CompanyId,
            Id = link.Id,
            Email = request.Email.Normalize(),
            Role = request.Role,
            TokenHash = link.Hash,
            CreatedBy = me.UserId,
            CreatedAt = now,
            ExpiresAt = now + Invitation.Lifetime,
        };
        db.Invitations.Add(invitation);
        queue.Add(new SendMail(invitation.Email, $"Join {company.Name}",
            [$"You are invited to work with {company.Name}.", "The invitation works once, within a week."],
            links.Url("invitation", link), "Join"));
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/invitations/{invitation.Id}", InvitationResponse.From(invitation));
    }
}
