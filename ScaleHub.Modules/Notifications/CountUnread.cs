using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Notifications;

/// <summary>How many notifications are new.</summary>
/// <param name="Count">Counted up to 100.</param>
/// <param name="IsExact">False when there are more.</param>
public sealed record CountUnreadResponse(int Count, bool IsExact);

/// <summary><c>GET /api/v1/notifications/unread</c>: for the number on a notifier.</summary>
public static class CountUnread
{
    private const int Most = 100;

    /// <summary>Counts the caller's unread notifications, up to 100.</summary>
    // Reads at most 101 entries of the index notifications_unread.
    public static async Task<Ok<CountUnreadResponse>> HandleAsync(ReadDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        var count = await db.Notifications.Where(n => n.UserId == tenant.RequiredUserId && n.ReadAt == null)
            .Take(Most + 1).CountAsync(cancellationToken);
        return TypedResults.Ok(new CountUnreadResponse(Math.Min(count, Most), count <= Most));
    }
}
