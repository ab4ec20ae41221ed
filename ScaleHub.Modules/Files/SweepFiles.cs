using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Files;

/// <summary>
/// Deletes files that have expired, every five minutes: the content first, so that none is left without a row. When the transaction
/// fails behind that, the row is still there, and the next sweep finds no content to delete.
/// </summary>
public sealed record SweepFiles : IJob
{
    /// <inheritdoc/>
    public static string Kind => "files.sweep";
}

internal sealed class SweepFilesHandler(ScaleHubDb db, IBlobStore blobs, JobQueue queue) : IJobHandler<SweepFiles>
{
    private const int AtATime = 500;

    public async Task HandleAsync(SweepFiles job, JobRun run, CancellationToken cancellationToken)
    {
        // Not audited: nobody could read them any more. A minute more: a download that has just found the row gets to open the content.
        var expired = await db.Database.SqlQuery<Expired>($"""
            delete from files f using (
                select company_id, id from files where expires_at < now() - interval '1 minute'
                order by expires_at limit {AtATime} for update skip locked) gone
            where f.company_id = gone.company_id and f.id = gone.id
            returning f.company_id as "CompanyId", f.id as "Id"
            """).ToListAsync(cancellationToken);
        foreach (var file in expired) await blobs.DeleteAsync(new(file.CompanyId, file.Id), cancellationToken);
        if (expired.Count == AtATime) queue.Add(new SweepFiles());
        await db.SaveChangesAsync(cancellationToken);
        run.Result = new { deleted = expired.Count };
    }

    private sealed record Expired(Guid CompanyId, Guid Id);
}
