using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Tasks;

/// <summary>Something to be done.</summary>
[AuditedAs("task")]
public sealed class TaskItem : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation.</summary>
    public required Guid Id { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Title { get; set; }

    /// <summary>At most 10,000 characters.</summary>
    public string? Description { get; set; }

    /// <summary>How far it is.</summary>
    public TaskState Status { get; set; }

    /// <summary>When it should be done.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Who made it.</summary>
    public required Guid CreatedBy { get; init; }

    /// <summary>Who does it.</summary>
    public Guid? AssigneeId { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>How far a task is.</summary>
public enum TaskState
{
    /// <summary>Not begun.</summary>
    Todo,

    /// <summary>Begun.</summary>
    Doing,

    /// <summary>Finished.</summary>
    Done,
}

internal sealed class TaskItemMapping : IEntityTypeConfiguration<TaskItem>
{
    public void Configure(EntityTypeBuilder<TaskItem> builder)
    {
        builder.ToTable("tasks").HasKey(t => new { t.CompanyId, t.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(t => new { t.CompanyId, t.CreatedBy });
    }
}
