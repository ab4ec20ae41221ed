using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// The worker's side of the queue: the functions of 0080_jobs.sql, each called in one round trip and a transaction of its own, as
/// the platform unless it says otherwise. Every change of a job that is running names its fence, and changes nothing when the job
/// has another one by now.
/// </summary>
internal sealed class JobStore(PostgresNodes nodes)
{
    /// <summary>Takes jobs, see <c>claim_jobs</c>.</summary>
    public async Task<List<ClaimedJob>> ClaimAsync(
        string worker, string[] kinds, Guid lastCompany, Guid[] busy, int perCompany, int most, TimeSpan lease,
        CancellationToken cancellationToken)
    {
        var jobs = new List<ClaimedJob>();
        await using var batch = Batch(Tenant.Platform, "select * from claim_jobs($1, $2, $3, $4, $5, $6, $7)",
            worker, kinds, lastCompany, busy, perCompany, most, lease);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            jobs.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4),
                reader.GetInt64(5), reader.IsDBNull(6) ? null : reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetGuid(7),
                reader.GetFieldValue<DateTimeOffset>(8), reader.GetTimeSpan(9), reader.GetBoolean(10)));
        return jobs;
    }

    /// <summary>
    /// Holds the jobs for another lease. Those that are missing in the answer are not this worker's any more; true: it shall
    /// stop.
    /// </summary>
    public async Task<Dictionary<(Guid Id, long Fence), bool>> RenewAsync(
        IReadOnlyCollection<ClaimedJob> jobs, TimeSpan lease, CancellationToken cancellationToken)
    {
        // A row that is locked is being ended by this worker just now: it needs no longer lease, and is not waited for.
        await using var batch = Batch(Tenant.Platform, """
            with held as materialized (
                select j.company_id, j.id, j.fence, j.cancel_requested, j.due_at
                from unnest($1, $2, $3) as mine (company_id, id, fence)
                join jobs j on j.company_id = mine.company_id and j.id = mine.id and j.fence = mine.fence and j.state = 'running'),
            free as materialized (
                select j.company_id, j.id from jobs j join held h on j.company_id = h.company_id and j.id = h.id
                where h.due_at < now() + $4 * 2 / 3 for update of j skip locked),
            renewed as (
                update jobs j set due_at = now() + $4 from free f
                where j.company_id = f.company_id and j.id = f.id and j.state = 'running')
            select id, fence, cancel_requested from held
            """, jobs.Select(j => j.CompanyId).ToArray(), jobs.Select(j => j.Id).ToArray(), jobs.Select(j => j.Fence).ToArray(), lease);
        var held = new Dictionary<(Guid, long), bool>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) held[(reader.GetGuid(0), reader.GetInt64(1))] = reader.GetBoolean(2);
        return held;
    }

    /// <summary>
    /// Ends a job and commits its handler's transaction, in one round trip. False: it is not this worker's any more, and nothing was
    /// committed.
    /// </summary>
    public static async Task<bool> CommitAsync(TenantDbContext db, IDbContextTransaction transaction, ClaimedJob job, string? result)
    {
        db.WithCommit = new("select end_job($1, $2, $3, $4, $5)");
        AddFinish(db.WithCommit.Parameters, job, "succeeded", result);
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == AnothersByNow)
        {
            return false;
        }
    }

    /// <summary>Ends a job by itself, as its company: one without a transaction, or one that was cancelled.</summary>
    public async Task<bool> FinishAsync(ClaimedJob job, string outcome, string? result, CancellationToken cancellationToken)
    {
        await using var batch = Batch(job.CompanyId, Finish);
        AddFinish(batch.BatchCommands[1].Parameters, job, outcome, result);
        return await ScalarAsync<bool>(batch, cancellationToken);
    }

    /// <summary>Puts a job back after a failure. The state that it has now; null: it is not this worker's any more.</summary>
    public async Task<string?> FailAsync(
        ClaimedJob job, string error, string? told, TimeSpan retryAfter, bool forGood, CancellationToken cancellationToken)
    {
        await using var batch = Batch(Tenant.Platform, "select fail_job($1, $2, $3, $4, $5, $6, $7)",
            job.CompanyId, job.Id, job.Fence, error, (object?)told ?? DBNull.Value, retryAfter, forGood);
        return await ScalarAsync<string?>(batch, cancellationToken);
    }

    /// <summary>Gives a job back that was not done because the worker stops; the attempt does not count.</summary>
    public Task ReleaseAsync(ClaimedJob job, CancellationToken cancellationToken)
        => ExecuteAsync("""
            update jobs set state = 'queued', attempts = attempts - 1, due_at = now(), claimed_by = null
            where company_id = $1 and id = $2 and fence = $3 and state = 'running'
            """, cancellationToken, job.CompanyId, job.Id, job.Fence);

    /// <summary>Says how far a job is.</summary>
    public Task ReportAsync(ClaimedJob job, int percent, string? text, CancellationToken cancellationToken)
        => ExecuteAsync("""
            update jobs set progress = $4, progress_text = $5
            where company_id = $1 and id = $2 and fence = $3 and state = 'running'
            """, cancellationToken, job.CompanyId, job.Id, job.Fence, percent, (object?)text ?? DBNull.Value);

    /// <summary>Queues what is due, and what killed workers held.</summary>
    public async Task<int> QueueDueAsync(int most, CancellationToken cancellationToken)
    {
        await using var batch = Batch(Tenant.Platform, "select queue_due_jobs($1)", most);
        return await ScalarAsync<int>(batch, cancellationToken);
    }

    /// <summary>Queues blocked jobs that nothing blocks.</summary>
    public async Task<int> QueueForgottenAsync(CancellationToken cancellationToken)
    {
        await using var batch = Batch(Tenant.Platform, "select queue_forgotten_jobs()");
        return await ScalarAsync<int>(batch, cancellationToken);
    }

    /// <summary>
    /// What waits and what is dead, by kind. A blocked job is left out: the one before it decides when it could be run, which may
    /// be tried again for hours. From a standby if there is one.
    /// </summary>
    public async Task<List<KindBacklog>> CountAsync(CancellationToken cancellationToken)
    {
        var counts = new List<KindBacklog>();
        await using var batch = Batch(nodes.ForRead(default), Tenant.Platform, """
            select kind, count(*) filter (where state = 'queued'),
                coalesce(greatest(0, extract(epoch from now() - min(due_at) filter (where state = 'queued'))), 0)::float8,
                count(*) filter (where state = 'dead')
            from jobs group by kind
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            counts.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetDouble(2), reader.GetInt64(3)));
        return counts;
    }

    // As end_job says it (0251_end_job.sql).
    private const string AnothersByNow = "SH001";

    private const string Finish = "select finish_job($1, $2, $3, $4, $5)";

    private static void AddFinish(NpgsqlParameterCollection parameters, ClaimedJob job, string outcome, string? result)
    {
        parameters.Add(new() { Value = job.CompanyId });
        parameters.Add(new() { Value = job.Id });
        parameters.Add(new() { Value = job.Fence });
        parameters.Add(new() { Value = outcome });
        parameters.Add(new() { Value = (object?)result ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var batch = Batch(Tenant.Platform, sql, values);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.IsDBNull(0) ? default : reader.GetFieldValue<T>(0))!;
    }

    private NpgsqlBatch Batch(Guid company, string sql, params object[] values) => Batch(nodes.ForWrite(), company, sql, values);

    private static NpgsqlBatch Batch(PostgresNode node, Guid company, string sql, params object[] values)
    {
        var batch = node.DataSource.CreateBatch();
        var set = batch.CreateBatchCommand();
        set.CommandText = "select set_config('app.company_id', $1, true)";
        set.Parameters.Add(new() { Value = company.ToString() });
        batch.BatchCommands.Add(set);
        var command = batch.CreateBatchCommand();
        command.CommandText = sql;
        foreach (var value in values)
            command.Parameters.Add(value == DBNull.Value
                ? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text }
                : new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
        return batch;
    }
}
