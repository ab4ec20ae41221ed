using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/invitations/accept</c>.</summary>
/// <param name="Token">From the link.</param>
/// <param name="Password">8 to 128 characters; none that is guessed first.</param>
[BodyExample("""{ "token": "from the link in the mail", "password": "correct horse battery" }""")]
public sealed record AcceptInvitationRequest([property: Required, StringLength(200)] string Token, [property: Required] string Password)
    : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => NewPassword.Check(Password, nameof(Password), email: "");
}

/// <summary><c>POST /api/v1/auth/invitations/accept</c>: who was invited joins the company, and is signed in.</summary>
public static class AcceptInvitation
{
    /// <summary>Joins the company. The link works once; the address counts as confirmed, as the link came by it.</summary>
    public static async Task<Results<Ok<LogInResponse>, ProblemHttpResult>> HandleAsync(
        AcceptInvitationRequest request, Tenant tenant, ScaleHubDb db, AccountLinks links, Passwords passwords, SignInTokens tokens,
        EventOutbox events, CompanyCache cache, HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        if (links.Read(request.Token) is not { } link) return ResetPassword.NotValid();
        tenant.ActAs(link.CompanyId, null);
        var found = await db.Invitations.AsNoTracking()
            .SingleOrDefaultAsync(i => i.Id == link.Id && i.AcceptedAt == null && i.ExpiresAt > now, cancellationToken);
        if (found is null || !link.Is(found.TokenHash)) return ResetPassword.NotValid();
        if (await db.FindLogin(found.Email).AnyAsync(cancellationToken)) return Taken();
        var hash = await passwords.HashAsync(request.Password, cancellationToken);

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var user = new User
        {
            CompanyId = found.CompanyId,
            Id = Guid.CreateVersion7(now),
            Email = found.Email,
            PasswordHash = hash,
            Role = found.Role,
            CreatedAt = now,
            EmailVerifiedAt = now,
        };
        await db.TakeQuotaAsync(cache, User.Quota, user.Id, cancellationToken);
        // Of several that accept at once, one gets it. Not audited: the entry is below.
        if (await db.Invitations.Where(i => i.Id == found.Id && i.AcceptedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(i => i.AcceptedAt, now), cancellationToken) != 1) return ResetPassword.NotValid();
        tenant.ActAs(user.CompanyId, user.Id);
        var (accessToken, refreshToken) = await tokens.OpenSessionAsync(db, user.CompanyId, user.Id, user.Role, http);
        db.AddRange(user, new Login { Email = Login.Normalize(user.Email), CompanyId = user.CompanyId, UserId = user.Id });
        db.Audit.Add("invitation.accepted", found.Id);
        await events.AddAsync(UserEvents.Joined, user.Id, UserResponse.From(user));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Somebody took it since the look above.
            return Taken();
        }
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.Ok(new LogInResponse(accessToken, refreshToken, tokens.ExpiresIn));
    }

    private static ProblemHttpResult Taken()
        => Problems.Conflict("email", "This e-mail address is in use already: it signs in to another company.");
}
