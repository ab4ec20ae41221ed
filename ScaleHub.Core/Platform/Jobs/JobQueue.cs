using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>When a job runs, and next to which others.</summary>
public sealed record JobOptions
{
    /// <summary>Not before; at once by default.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>
    /// Jobs of a company with the same key run one after another, in the order in which their transactions added them; one that
    /// fails holds the others up until it succeeds or is dead. 1 to 200 characters.
    /// </summary>
    public string? OrderingKey { get; init; }

    /// <summary>Whose job it is, where the platform acts; everybody else adds jobs of his own company.</summary>
    public Guid? CompanyId { get; init; }
}

/// <summary>
/// Adds jobs to the queue in PostgreSQL, in the transaction of the change that causes them (a transactional outbox).
/// <para>Guarantee: a job that was added exists if and only if its transaction commits, and is then run until it succeeds, is
/// cancelled, or has failed <see cref="JobPolicy.MaxAttempts"/> times; its completion and what its handler wrote commit
/// together.</para>
/// <para>Workers are woken when the transaction has committed. If that word is lost, they find the job within a second.</para>
/// <para>Sources: River, Oban and Graphile Worker, queues in PostgreSQL whose guarantees these are; docs/jobs.md compares.</para>
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue.")]
public sealed class JobQueue(ScaleHubDb db, JobNotifier notifier, TimeProvider time)
{
    /// <summary>How payloads and results are written. Values of enums by their names: their numbers may change.</summary>
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Adds a job with the next <c>SaveChanges</c> of the same scope.</summary>
    /// <param name="job">Its arguments. Secrets in it are in the database as they are.</param>
    /// <param name="options">When and in which order.</param>
    /// <returns>Its identifier, a UUIDv7, for <c>Location: /api/v1/jobs/{id}</c>.</returns>
    public Guid Add<TJob>(TJob job, JobOptions? options = null) where TJob : IJob
    {
        var row = New(job, options);
        db.Set<Job>().Add(row);
        if (row.State == JobState.Queued) notifier.NotifyAfterCommit(db.UnitOfWork);
        return row.Id;
    }

    /// <summary>
    /// Adds a job at once, unless one with the key waits or runs already: of the same company, and of any kind.
    /// </summary>
    /// <param name="job">Its arguments.</param>
    /// <param name="key">What makes two jobs the same, 1 to 200 characters. A dead job does not keep its key.</param>
    /// <param name="options">When and in which order.</param>
    /// <param name="cancellationToken">Ends the wait for another transaction that adds the same.</param>
    /// <returns>The job's identifier, or that of the one there is.</returns>
    /// <exception cref="InvalidOperationException">There is no transaction open.</exception>
    public async Task<Guid> AddOnceAsync<TJob>(
        TJob job, string key, JobOptions? options = null, CancellationToken cancellationToken = default) where TJob : IJob
    {
        var row = New(job, options);
        if (row.State == JobState.Queued) notifier.NotifyAfterCommit(db.UnitOfWork);
        await using var command = new NpgsqlCommand("""
            insert into jobs
                (company_id, id, kind, payload, state, due_at, ordering_key, trace_parent, created_by, created_at, dedupe_key)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (company_id, dedupe_key) where dedupe_key is not null and state <> 'dead'
            -- Nothing changes; the row is locked, and so cannot be done before this transaction is.
            do update set dedupe_key = excluded.dedupe_key
            returning id
            """, db.TransactionConnection)
        {
            Parameters =
            {
                new() { Value = row.CompanyId }, new() { Value = row.Id }, new() { Value = row.Kind },
                new() { Value = row.Payload, NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = EnumNames.WriteColumn(row.State) }, new() { Value = row.DueAt },
                Text(row.OrderingKey), Text(row.TraceParent),
                new() { Value = (object?)row.CreatedBy ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = row.CreatedAt }, Text(key),
            },
        };
        return (Guid)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private Job New<TJob>(TJob job, JobOptions? options) where TJob : IJob
    {
        var now = time.GetDatabaseNow();
        return new()
        {
            // Row-level security refuses another company's, unless it is the platform that adds it.
            CompanyId = options?.CompanyId ?? db.Tenant.RequiredCompanyId,
            Id = OrderedIds.Next(now),
            Kind = TJob.Kind,
            Payload = JsonSerializer.Serialize(job, Json),
            State = options?.DueAt > now ? JobState.Scheduled : JobState.Queued,
            DueAt = options?.DueAt?.ToUniversalTime() ?? now,
            OrderingKey = options?.OrderingKey,
            TraceParent = Activity.Current?.Id,
            CreatedBy = db.Tenant.UserId,
            CreatedAt = now,
        };
    }

    private static NpgsqlParameter Text(string? value)
        => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
