using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>A job as <see cref="JobQueue"/> adds it; 0080_jobs.sql says what the columns mean. Only the queue makes
/// one.</summary>
[NotAudited("What asks for it has an entry, and so has what it changes.")]
public sealed class Job : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7, in the order in which this process added them.</summary>
    public required Guid Id { get; init; }

    /// <summary><see cref="IJob.Kind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The <see cref="IJob"/> as JSON.</summary>
    public required string Payload { get; init; }

    /// <summary>Queued, or scheduled when it is to run later.</summary>
    public required JobState State { get; init; }

    /// <summary>Not before.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Jobs of a company with the same one run one after another.</summary>
    public string? OrderingKey { get; init; }

    /// <summary>The trace of the request that added it (W3C Trace Context).</summary>
    public string? TraceParent { get; init; }

    /// <summary>The user who caused it; null for the platform.</summary>
    public Guid? CreatedBy { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Where a job is.</summary>
public enum JobState
{
    /// <summary>It waits for its time: it was asked for later, or it failed and is tried again.</summary>
    Scheduled,

    /// <summary>A worker takes it as soon as one is free.</summary>
    Queued,

    /// <summary>A worker is at it.</summary>
    Running,

    /// <summary>It failed for good.</summary>
    Dead,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Somebody cancelled it before it was done.</summary>
    Cancelled,
}

internal sealed class JobMapping : IEntityTypeConfiguration<Job>
{
    public void Configure(EntityTypeBuilder<Job> builder)
    {
        builder.ToTable("jobs").HasKey(j => new { j.CompanyId, j.Id });
        builder.Property(j => j.Payload).HasColumnType("jsonb");
    }
}

/// <summary>A job as those see it who wait for it, whether it is under way or ended within the last week.</summary>
public sealed class JobView : ITenantEntity
{
    /// <inheritdoc/>
    public Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public Guid Id { get; init; }

    /// <summary><see cref="IJob.Kind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Where it is.</summary>
    public JobState State { get; init; }

    /// <summary>How often it was begun.</summary>
    public int Attempts { get; init; }

    /// <summary>Percent.</summary>
    public int Progress { get; init; }

    /// <summary>What it is doing, in words.</summary>
    public string? ProgressText { get; init; }

    /// <summary>Why it is dead.</summary>
    public string? Failure { get; init; }

    /// <summary>What it brought, as JSON.</summary>
    public string? Result { get; init; }

    /// <summary>The user who caused it.</summary>
    public Guid? CreatedBy { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Of a scheduled one, when it runs.</summary>
    public DateTimeOffset? RunsAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Whether somebody has cancelled it; a running one stops soon.</summary>
    public bool CancelRequested { get; init; }
}

internal sealed class JobViewMapping : IEntityTypeConfiguration<JobView>
{
    public void Configure(EntityTypeBuilder<JobView> builder)
    {
        builder.ToView("job_history").HasKey(j => new { j.CompanyId, j.Id });
        builder.Property(j => j.Result).HasColumnType("jsonb");
    }
}

/// <summary>A job that failed for good, for operators.</summary>
public sealed class DeadJob
{
    /// <summary>Whose job it is.</summary>
    public Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public Guid Id { get; init; }

    /// <summary><see cref="IJob.Kind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>What went wrong last, in the program's terms.</summary>
    public string? Error { get; init; }

    /// <summary>The trace of the request that added it.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class DeadJobMapping : IEntityTypeConfiguration<DeadJob>
{
    public void Configure(EntityTypeBuilder<DeadJob> builder) => builder.ToView("dead_jobs").HasKey(j => new { j.CompanyId, j.Id });
}

/// <summary>The queue's tables.</summary>
public static class JobTables
{
    extension(Postgres.ReadDb db)
    {
        /// <summary>The tenant's jobs.</summary>
        public IQueryable<JobView> Jobs => db.Set<JobView>();

        /// <summary>The dead jobs of all companies, for the platform.</summary>
        public IQueryable<DeadJob> DeadJobs => db.Set<DeadJob>();
    }
}
