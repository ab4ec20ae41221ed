using System.ComponentModel;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Notifications;

/// <summary>A notification as its user sees it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Title">One line.</param>
/// <param name="Body">More about it.</param>
/// <param name="SubjectId">The task or the invoice it is about.</param>
/// <param name="ReadAt">When it was marked as read; null: it is new.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record NotificationResponse(
    Guid Id, NotificationKind Kind, string Title, string? Body, Guid? SubjectId, DateTimeOffset? ReadAt, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<Notification, NotificationResponse>> Projection = n => new(
        n.Id, n.Kind, n.Title, n.Body, n.SubjectId, n.ReadAt, n.CreatedAt);
}

/// <summary><c>GET /api/v1/notifications?unread=&amp;limit=&amp;cursor=</c>: the caller's notifications, newest first.</summary>
public static class ListNotifications
{
    /// <summary>Lists the caller's notifications, newest first.</summary>
    // Served by the index notifications_by_user or notifications_unread.
    public static async Task<Ok<PagedList<NotificationResponse>>> HandleAsync(
        [Description("True: only those that were not marked as read.")] bool? unread,
        [AsParameters] PageQuery page, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        var mine = db.Notifications.Where(n => n.UserId == tenant.RequiredUserId);
        if (unread is true) mine = mine.Where(n => n.ReadAt == null);
        return TypedResults.Ok(await page.NewestFirstAsync(mine, n => n.Id, NotificationResponse.Projection, cancellationToken));
    }
}
