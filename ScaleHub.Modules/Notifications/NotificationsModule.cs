using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;

namespace ScaleHub.Modules.Notifications;

/// <summary>What users should know, in a list and by mail.</summary>
public sealed class NotificationsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Notifications";

    /// <inheritdoc/>
    public string Summary => "What a user should know, in a list and by mail.";

    // Their addresses, and that they are still there.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Identity"];

    /// <inheritdoc/>
    public void AddJobs(JobList jobs) => jobs.Handle<Notify, NotifyHandler>();

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("notifications", Roles.Owner, db => db.Notifications, n => n.Id, NotificationResponse.Projection, n => n.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var notifications = v1.MapGroup("/notifications").RequireRole(Roles.Member).WithIdempotency();
        notifications.MapGet("/", ListNotifications.HandleAsync);
        notifications.MapGet("/unread", CountUnread.HandleAsync);
        notifications.MapPost("/{id:guid}/read", MarkRead.HandleAsync);
        notifications.MapPost("/read", MarkAllRead.HandleAsync);
        notifications.MapGet("/preferences", ListPreferences.HandleAsync);
        notifications.MapPut("/preferences/{kind}", SetPreference.HandleAsync);
    }
}
