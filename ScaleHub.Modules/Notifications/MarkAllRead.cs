using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Notifications;

/// <summary>What was marked.</summary>
/// <param name="Marked">Notifications that were new.</param>
public sealed record MarkAllReadResponse(int Marked);

/// <summary><c>POST /api/v1/notifications/read</c>: the caller has seen them all.</summary>
public static class MarkAllRead
{
    /// <summary>Marks all of the caller's notifications as read.</summary>
    public static async Task<Ok<MarkAllReadResponse>> HandleAsync(
        ScaleHubDb db, Tenant tenant, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        // Not audited, as the class says.
        return TypedResults.Ok(new MarkAllReadResponse(await db.Notifications
            .Where(n => n.UserId == tenant.RequiredUserId && n.ReadAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(n => n.ReadAt, now), cancellationToken)));
    }
}
