using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Tasks;

/// <summary>The module's tables.</summary>
public static class TasksTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's tasks.</summary>
        public DbSet<TaskItem> Tasks => db.Set<TaskItem>();

        /// <summary>What was said about the tenant's tasks.</summary>
        public DbSet<TaskComment> TaskComments => db.Set<TaskComment>();
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's tasks.</summary>
        public IQueryable<TaskItem> Tasks => db.Set<TaskItem>();

        /// <summary>What was said about the tenant's tasks.</summary>
        public IQueryable<TaskComment> TaskComments => db.Set<TaskComment>();
    }
}
