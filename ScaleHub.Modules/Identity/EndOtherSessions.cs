using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary><c>DELETE /api/v1/sessions</c>: ends all of the caller's sessions but the one that asks.</summary>
public static class EndOtherSessions
{
    /// <summary>Ends all of one's own sessions but this one.</summary>
    public static async Task<NoContent> HandleAsync(
        AccessToken me, ScaleHubDb db, LiveSessions live, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var others = await db.Sessions.Where(s => s.UserId == me.UserId && s.Id != me.SessionId).Where(Session.IsLiveAt(now))
            .Select(s => s.Id).ToListAsync(cancellationToken);
        await live.WillChangeAsync(db.UnitOfWork, me.CompanyId, others);
        await db.Sessions.Where(s => others.Contains(s.Id))
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.RevokedAt, now), cancellationToken);
        return TypedResults.NoContent();
    }
}
