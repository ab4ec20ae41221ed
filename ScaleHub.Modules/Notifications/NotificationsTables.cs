using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Notifications;

/// <summary>The module's tables.</summary>
public static class NotificationsTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's notifications.</summary>
        public DbSet<Notification> Notifications => db.Set<Notification>();

        /// <summary>What the tenant's users want by mail.</summary>
        public DbSet<NotificationPreference> NotificationPreferences => db.Set<NotificationPreference>();
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's notifications.</summary>
        public IQueryable<Notification> Notifications => db.Set<Notification>();

        /// <summary>What the tenant's users want by mail.</summary>
        public IQueryable<NotificationPreference> NotificationPreferences => db.Set<NotificationPreference>();
    }
}
