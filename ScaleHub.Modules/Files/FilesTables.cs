using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Files;

/// <summary>The module's table, and what other modules do with it.</summary>
public static class FilesTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's files.</summary>
        public DbSet<StoredFile> Files => db.Set<StoredFile>();

        /// <summary>
        /// Keeps a file that the acting user has uploaded: attaches it to something, in the transaction of the change, once.
        /// </summary>
        /// <returns>The file; null when there is none of the user that is whole, not expired and not attached.</returns>
        public async Task<StoredFile?> AttachFileAsync(Guid id, TimeProvider time, CancellationToken cancellationToken)
        {
            var (now, user) = (time.GetDatabaseNow(), db.Tenant.RequiredUserId);
            // Not audited, as the member says.
            var kept = await db.Files
                .Where(f => f.Id == id && f.IsUpload && f.CreatedBy == user && f.SizeBytes != null && f.ExpiresAt > now)
                .ExecuteUpdateAsync(set => set.SetProperty(f => f.ExpiresAt, (DateTimeOffset?)null), cancellationToken);
            return kept == 0 ? null : await db.Files.AsNoTracking().SingleAsync(f => f.Id == id, cancellationToken);
        }

        /// <summary>Lets files go, in the transaction of the change: nobody can read them any more, and the sweep deletes them.</summary>
        public Task<int> DetachFilesAsync(IReadOnlyCollection<Guid> ids, TimeProvider time, CancellationToken cancellationToken)
        {
            var now = time.GetDatabaseNow();
            // Not audited, as the member says.
            return db.Files.Where(f => ids.Contains(f.Id))
                .ExecuteUpdateAsync(set => set.SetProperty(f => f.ExpiresAt, now), cancellationToken);
        }
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's files.</summary>
        public IQueryable<StoredFile> Files => db.Set<StoredFile>();
    }
}
