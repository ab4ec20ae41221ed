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
        await EndAsync(db, live, me.CompanyId, me.UserId, except: me.SessionId, time.GetDatabaseNow(), cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Ends a user's sessions, all or all but one.</summary>
    internal static async Task EndAsync(
        ScaleHubDb db, LiveSessions live, Guid companyId, Guid userId, Guid? except, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var sessions = await db.Sessions.Where(s => s.UserId == userId && s.Id != except).Where(Session.IsLiveAt(now))
            .Select(s => s.Id).ToListAsync(cancellationToken);
        await live.WillChangeAsync(db.UnitOfWork, companyId, sessions);
        await Session.EndAsync(db, sessions, userId, now, cancellationToken);
    }
}
