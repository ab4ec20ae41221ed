using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Platform;

namespace ScaleHub.Api.Modules.Identity;

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
