using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>
/// <c>POST /api/v1/auth/logout</c>: ends the session that asks; its tokens fail on every instance in under a second.
/// </summary>
public static class LogOut
{
    /// <summary>Ends the session that asks.</summary>
    public static async Task<NoContent> HandleAsync(
        AccessToken me, ScaleHubDb db, LiveSessions live, TimeProvider time, CancellationToken cancellationToken)
    {
        await EndSession.EndAsync(db, live, me, me.SessionId, time.GetDatabaseNow(), cancellationToken);
        return TypedResults.NoContent();
    }
}
