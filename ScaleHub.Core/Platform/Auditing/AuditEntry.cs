using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Auditing;

/// <summary>Who acted.</summary>
public enum AuditActor
{
    /// <summary>A user of the company, or a job that the user caused.</summary>
    User,

    /// <summary>An API key, in the name of the user who made it.</summary>
    ApiKey,

    /// <summary>An operator of the platform, or the platform's own work.</summary>
    Platform,

    /// <summary>A job that nobody caused, or somebody who is not known yet.</summary>
    System,
}

/// <summary>
/// An entry of the audit log: who changed what, from what to what. Added and read, never changed; <see cref="AuditTrail"/> makes it.
/// </summary>
[NotAudited("It is the log.")]
public sealed class AuditEntry : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7, in the order in which this process made the entries.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who acted.</summary>
    public required AuditActor Actor { get; init; }

    /// <summary>The user who acted, or in whose name a key or a job did; of the platform when <see cref="Actor"/> is.</summary>
    public Guid? UserId { get; init; }

    /// <summary>The key that acted.</summary>
    public Guid? ApiKeyId { get; init; }

    /// <summary>The part of <see cref="Action"/> before its dot.</summary>
    public required string Kind { get; init; }

    /// <summary>What happened: <c>task.updated</c>. 1 to 100 characters.</summary>
    public required string Action { get; init; }

    /// <summary>What it happened to.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>JSON, at most <see cref="AuditDetail.MaxBytes"/>: <c>{"title": {"from": "old", "to": "new"}}</c>.</summary>
    public required string Detail { get; init; }

    /// <summary>The trace of the request (W3C Trace Context), 32 hexadecimal digits.</summary>
    public string? TraceId { get; init; }

    /// <summary>When, by the clock of the program.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class AuditEntryMapping : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.ToTable("audit_log").HasKey(e => new { e.CompanyId, e.Id });
        builder.Property(e => e.Detail).HasColumnType("jsonb");
    }
}
