using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>
/// <c>DELETE /api/v1/users/{id}</c>: somebody leaves the company. Tokens fail on every instance in under a second, the address is
/// free for another registration, and what the user did stays.
/// </summary>
public static class RemoveUser
{
    /// <summary>Removes a user. A company keeps at least one owner.</summary>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, CompanyCache cache, LiveSessions live, ApiKeys keys, TimeProvider time,
        CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.GiveBackQuotaAsync(cache, User.Quota, id, cancellationToken);
        await ChangeRole.LockAsync(db, me.CompanyId, id, cancellationToken);
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == id && u.DeletedAt == null, cancellationToken) is not { } user)
            return TypedResults.NotFound();
        if (!Roles.MayGive(me.Role, user.Role)) return ChangeRole.NotAllowed();
        if (await ChangeRole.IsLastOwnerAsync(db, user, cancellationToken)) return ChangeRole.LastOwner();

        var now = time.GetDatabaseNow();
        await live.WillChangeAsync(db.UnitOfWork, me.CompanyId, await db.Sessions
            .Where(s => s.UserId == id).Where(Session.IsLiveAt(now)).Select(s => s.Id).ToListAsync(cancellationToken));
        await keys.WillChangeAsync(db, id, cancellationToken);
        user.DeletedAt = now;
        db.Audit.As(user, "user.removed");
        await db.SaveChangesAsync(cancellationToken);
        // Not audited: sign-in and sessions go with their user.
        await db.Logins.Where(l => l.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.Set<UserTotp>().Where(t => t.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.Sessions.Where(s => s.UserId == id && s.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.RevokedAt, now), cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.NoContent();
    }
}
