using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Jobs;

/// <summary>The queue at a glance.</summary>
/// <param name="Items">By kind and state; kinds without jobs are left out.</param>
public sealed record SummariseJobsResponse(IReadOnlyList<JobSummary> Items);

/// <summary>Jobs of one kind in one state, of all companies.</summary>
/// <param name="Kind">What they do.</param>
/// <param name="Status">Where they are.</param>
/// <param name="Count">How many.</param>
/// <param name="OldestSeconds">For how long the oldest has been waiting, running or dead, in seconds; 0 for one that is not
/// due.</param>
/// <param name="Failed">How many of them have failed at least once.</param>
public sealed record JobSummary(string Kind, JobState Status, long Count, double OldestSeconds, long Failed);

/// <summary><c>GET /api/admin/jobs</c>: depth, age and failures of the queue, for operators.</summary>
public static class SummariseJobs
{
    /// <summary>Counts the jobs of all companies that have not ended, by kind and state, with the age of the oldest.</summary>
    // Reads the whole queue, which holds what is to be done and nothing else, on a standby if there is one. Operators belong to
    // the platform, which sees the jobs of all companies.
    public static async Task<Ok<SummariseJobsResponse>> HandleAsync(ReadDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Database.SqlQuery<JobSummaryRow>($"""
            select kind as "Kind", case state when 'blocked' then 'queued' else state end as "State", count(*) as "Count",
                greatest(0, extract(epoch from now() - min(case state when 'running' then created_at else due_at end)))::float8
                    as "Oldest",
                count(*) filter (where error is not null) as "Failed"
            from jobs group by 1, 2 order by 1, 2
            """).ToListAsync(cancellationToken);
        return TypedResults.Ok(new SummariseJobsResponse([.. rows.Select(r => new JobSummary(
            r.Kind, Core.Platform.EnumNames.ReadColumn<JobState>(r.State), r.Count, Math.Round(r.Oldest, 1), r.Failed))]));
    }

    private sealed record JobSummaryRow(string Kind, string State, long Count, double Oldest, long Failed);
}
