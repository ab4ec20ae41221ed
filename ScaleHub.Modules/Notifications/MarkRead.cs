using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Notifications;

/// <summary><c>POST /api/v1/notifications/{id}/read</c>: the caller has read one.</summary>
public static class MarkRead
{
    /// <summary>Marks one of the caller's notifications as read. One that is read already stays as it is.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, ScaleHubDb db, Tenant tenant, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.Notifications.SingleOrDefaultAsync(n => n.Id == id && n.UserId == tenant.RequiredUserId, cancellationToken)
            is not { } notification) return TypedResults.NotFound();
        notification.ReadAt ??= time.GetDatabaseNow();
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
