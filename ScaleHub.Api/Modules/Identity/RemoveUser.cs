using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Quotas;

namespace ScaleHub.Api.Modules.Identity;

/// <summary>
/// <c>DELETE /api/v1/users/{id}</c>: somebody leaves the company. Tokens fail on every instance in under a second, the address is
/// free for another registration, and what the user did stays.
/// </summary>
public static class RemoveUser
{
    /// <summary>Removes a user. A company keeps at least one owner.</summary>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, CompanyCache cache, LiveSessions live, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.GiveBackQuotaAsync(cache, Quota.Users, id, cancellationToken);
        await ChangeRole.LockAsync(db, me.CompanyId, cancellationToken);
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == id && u.DeletedAt == null, cancellationToken) is not { } user)
            return TypedResults.NotFound();
        if (!Roles.MayGive(me.Role, user.Role)) return ChangeRole.NotAllowed();
        if (await ChangeRole.IsLastOwnerAsync(db, user, cancellationToken)) return ChangeRole.LastOwner();

        var now = time.GetDatabaseNow();
        user.DeletedAt = now;
        await db.SaveChangesAsync(cancellationToken);
        await db.Logins.Where(l => l.UserId == id).ExecuteDeleteAsync(cancellationToken);
        var sessions = db.Sessions.Where(s => s.UserId == id && s.ExpiresAt > now && (s.RevokedAt == null || s.RevokedAt >= now))
            .Select(s => s.Id);
        var known = await sessions.ToListAsync(cancellationToken);
        await db.Sessions.Where(s => s.UserId == id && s.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.RevokedAt, now), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await live.EndedAsync(user.CompanyId, known);
        // One that began just before the commit is seen only behind it.
        await live.EndedAsync(user.CompanyId, [.. (await sessions.ToListAsync(CancellationToken.None)).Except(known)]);
        return TypedResults.NoContent();
    }
}
