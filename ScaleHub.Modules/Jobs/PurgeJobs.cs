using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Jobs;

/// <summary>Deletes jobs that have been dead for 30 days, once a day: nobody will take them up again.</summary>
public sealed record PurgeJobs : IJob
{
    /// <inheritdoc/>
    public static string Kind => "jobs.purge";
}

internal sealed class PurgeJobsHandler(ScaleHubDb db) : IJobHandler<PurgeJobs>
{
    public async Task HandleAsync(PurgeJobs job, JobRun run, CancellationToken cancellationToken)
        // Not audited: it deletes what has been given up for a month.
        => run.Result = new
        {
            deleted = await db.Database.ExecuteSqlAsync(
                $"delete from jobs where state = 'dead' and due_at < now() - interval '30 days'", cancellationToken),
        };
}
