using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Files;

/// <summary>
/// Deletes files that have expired, every five minutes, each in a transaction of its own: the row, and then the content before the row's
/// end is committed, so that no content is left without a row. One that cannot be deleted is logged and tried again the next time; it
/// does not hold up the others.
/// </summary>
public sealed record SweepFiles : IJob
{
    /// <inheritdoc/>
    public static string Kind => "files.sweep";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { InTransaction = false };
}

internal sealed class SweepFilesHandler(ScaleHubDb db, IBlobStore blobs, ILogger<SweepFilesHandler> logger) : IJobHandler<SweepFiles>
{
    private const int AtATime = 500;

    public async Task HandleAsync(SweepFiles job, JobRun run, CancellationToken cancellationToken)
    {
        var (deleted, failed, last) = (0, 0, new Expired(Guid.Empty, Guid.Empty, DateTimeOffset.UnixEpoch));
        List<Expired> page;
        do
        {
            // A minute more: a download that has just found the row gets to open the content.
            page = await db.Database.SqlQuery<Expired>($"""
                select company_id as "CompanyId", id as "Id", expires_at as "ExpiresAt" from files
                where expires_at < now() - interval '1 minute' and (expires_at, id) > ({last.ExpiresAt}, {last.Id})
                order by expires_at, id limit {AtATime}
                """).ToListAsync(cancellationToken);
            foreach (var file in page)
            {
                try
                {
                    if (await DeleteAsync(file, cancellationToken)) deleted++;
                }
                catch (Exception e) when (e is IOException || IsReferred(e))
                {
                    failed++;
                    logger.LogError(e, "File {FileId} of company {CompanyId} has expired and cannot be deleted", file.Id, file.CompanyId);
                }
            }
            last = page.LastOrDefault() ?? last;
        }
        while (page.Count == AtATime);
        run.Result = new { deleted, failed };
    }

    private async Task<bool> DeleteAsync(Expired file, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Not audited: what let it go has an entry.
        if (await db.Database.ExecuteSqlAsync(
            $"delete from files where company_id = {file.CompanyId} and id = {file.Id} and expires_at < now()", cancellationToken) == 0) return false;
        await blobs.DeleteAsync(new(file.CompanyId, file.Id), cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    // A module let it go and kept what refers to it.
    private static bool IsReferred(Exception e) => e is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.ForeignKeyViolation };

    private sealed record Expired(Guid CompanyId, Guid Id, DateTimeOffset ExpiresAt);
}
