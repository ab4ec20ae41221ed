using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>The caller's sessions, the newest first; at most 50.</summary>
public sealed record ListSessionsResponse(IReadOnlyList<ListedSession> Items);

/// <summary>A sign-in that works.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="UserAgent">What the device called itself.</param>
/// <param name="Ip">Where it signed in from.</param>
/// <param name="CreatedAt">When it signed in.</param>
/// <param name="LastSeenAt">When it last refreshed its tokens: it was in use within 15 minutes after that, as long as it
/// was.</param>
/// <param name="ExpiresAt">When it ends unless it refreshes before.</param>
/// <param name="Current">Whether it is the one that asks.</param>
public sealed record ListedSession(
    Guid Id, string? UserAgent, string? Ip, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt,
        bool Current);

/// <summary><c>GET /api/v1/sessions</c>: where the caller is signed in, in one round trip.</summary>
public static class ListSessions
{
    /// <summary>Lists one's own sessions.</summary>
    // Served by the index sessions_by_user.
    public static async Task<Ok<ListSessionsResponse>> HandleAsync(
        AccessToken me, ReadDb db, TimeProvider time, CancellationToken cancellationToken)
        => TypedResults.Ok(new ListSessionsResponse(await db.Sessions
            .Where(s => s.UserId == me.UserId).Where(Session.IsLiveAt(time.GetDatabaseNow()))
            .OrderByDescending(s => s.CreatedAt).Take(Session.MostPerUser)
            .Select(s => new ListedSession(s.Id, s.UserAgent, s.Ip, s.CreatedAt, s.RefreshedAt, s.ExpiresAt,
                s.Id == me.SessionId))
            .ToListAsync(cancellationToken)));
}
