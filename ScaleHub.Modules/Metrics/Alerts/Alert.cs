using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>Where an alert stands.</summary>
public enum AlertState
{
    /// <summary>Too high, but not for long enough yet to tell of it.</summary>
    Pending,

    /// <summary>Something is wrong.</summary>
    Open,

    /// <summary>It is good again.</summary>
    Cleared,
}

/// <summary>Something that was or is wrong.</summary>
[NotAudited("The worker writes it, by what it measures.")]
public sealed class Alert
{
    /// <summary>Whose; the platform's, where it is about the whole.</summary>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>What is wrong.</summary>
    public required AlertRule Rule { get; init; }

    /// <summary>An instance or a database node; empty where it is about all of it.</summary>
    public required string Subject { get; init; }

    /// <summary>Where it stands.</summary>
    public AlertState State { get; set; }

    /// <summary>The value when it was last wrong.</summary>
    public double Value { get; set; }

    /// <summary>From where on it was wrong then.</summary>
    public double Threshold { get; set; }

    /// <summary>Since when the value is wrong.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was told of.</summary>
    public DateTimeOffset? OpenedAt { get; set; }

    /// <summary>Since when the value is good again; null: it is not.</summary>
    public DateTimeOffset? CalmSince { get; set; }

    /// <summary>When that was told.</summary>
    public DateTimeOffset? ClearedAt { get; set; }

    internal string Text => Rule.Text(Subject, Value, Threshold);
}

internal sealed class AlertMapping : IEntityTypeConfiguration<Alert>
{
    // Filtered by row-level security alone: operators see those of all companies.
    public void Configure(EntityTypeBuilder<Alert> builder)
    {
        builder.ToTable("alerts").HasKey(a => new { a.CompanyId, a.Id });
        builder.Ignore(a => a.Text);
    }
}
