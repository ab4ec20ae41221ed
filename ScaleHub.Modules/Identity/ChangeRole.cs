using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>PATCH /api/v1/users/{id}</c>.</summary>
/// <param name="Role"><c>owner</c>, <c>admin</c> or <c>member</c>.</param>
[BodyExample("""{ "role": "admin" }""")]
public sealed record ChangeRoleRequest(
    [property: Required, AllowedValues(Roles.Owner, Roles.Admin, Roles.Member,
        ErrorMessage = "Use owner, admin or member.")] string Role);

/// <summary>
/// <c>PATCH /api/v1/users/{id}</c>: gives a user another role. Access tokens with the old role fail on every instance in under a
/// second; the user's sessions go on with a refresh.
/// </summary>
public static class ChangeRole
{
    /// <summary>Gives a user another role. A company keeps at least one owner.</summary>
    public static async Task<Results<Ok<UserResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, ChangeRoleRequest request, AccessToken me, ScaleHubDb db, LiveSessions live, ApiKeys keys, TimeProvider time,
        CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await LockAsync(db, me.CompanyId, id, cancellationToken);
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == id && u.DeletedAt == null, cancellationToken) is not { } user)
            return TypedResults.NotFound();
        if (!Roles.MayGive(me.Role, user.Role) || !Roles.MayGive(me.Role, request.Role)) return NotAllowed();
        if (user.Role == request.Role) return TypedResults.Ok(UserResponse.From(user));
        if (await IsLastOwnerAsync(db, user, cancellationToken)) return LastOwner();
        await live.WillChangeAsync(db.UnitOfWork, me.CompanyId, await db.Sessions
            .Where(s => s.UserId == id).Where(Session.IsLiveAt(time.GetDatabaseNow())).Select(s => s.Id).ToListAsync(cancellationToken));
        await keys.WillChangeAsync(db, id, cancellationToken);
        user.Role = request.Role;
        db.Audit.As(user, "user.role_changed");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.Ok(UserResponse.From(user));
    }

    /// <summary>
    /// One change of a company's users at a time: two owners who remove each other must not both succeed. And no session of the
    /// user begins until the transaction ends, as a new session locks the user's row: so the caller can find every session.
    /// </summary>
    internal static async Task LockAsync(ScaleHubDb db, Guid companyId, Guid userId, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync($"select from companies where id = {companyId} for no key update", cancellationToken);
        await db.Database.ExecuteSqlAsync($"select from users where id = {userId} for update", cancellationToken);
    }

    internal static async Task<bool> IsLastOwnerAsync(ScaleHubDb db, User user, CancellationToken cancellationToken)
        => user.Role == Roles.Owner
            && !await db.Users.AnyAsync(u => u.Role == Roles.Owner && u.DeletedAt == null && u.Id != user.Id, cancellationToken);

    internal static ProblemHttpResult NotAllowed()
        => TypedResults.Problem("Only an owner may add, change or remove an owner.", statusCode: 403);

    internal static ProblemHttpResult LastOwner()
        => TypedResults.Problem("A company has at least one owner. Make somebody else an owner first.", statusCode: 409);
}
