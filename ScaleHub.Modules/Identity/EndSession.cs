using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary><c>DELETE /api/v1/sessions/{id}</c>: ends one of the caller's sessions, as when a device was lost.</summary>
public static class EndSession
{
    /// <summary>Ends one of one's own sessions. Somebody else's does not exist.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, LiveSessions live, TimeProvider time, CancellationToken cancellationToken)
        => await EndAsync(db, live, me, id, time.GetDatabaseNow(), cancellationToken)
            ? TypedResults.NoContent() : TypedResults.NotFound();

    internal static async Task<bool> EndAsync(
        ScaleHubDb db, LiveSessions live, AccessToken me, Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await live.WillChangeAsync(db.UnitOfWork, me.CompanyId, [id]);
        return await Session.EndAsync(db, [id], me.UserId, now, cancellationToken) > 0;
    }
}
