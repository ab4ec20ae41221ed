using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Tasks;

/// <summary>What somebody said about a task. It goes with the task.</summary>
public sealed class TaskComment : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation.</summary>
    public required Guid Id { get; init; }

    /// <summary>The task.</summary>
    public required Guid TaskId { get; init; }

    /// <summary>Who wrote it.</summary>
    public required Guid AuthorId { get; init; }

    /// <summary>1 to 10,000 characters.</summary>
    public required string Text { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class TaskCommentMapping : IEntityTypeConfiguration<TaskComment>
{
    public void Configure(EntityTypeBuilder<TaskComment> builder)
    {
        builder.ToTable("task_comments").HasKey(c => new { c.CompanyId, c.Id });
        builder.HasOne<TaskItem>().WithMany().HasForeignKey(c => new { c.CompanyId, c.TaskId });
        builder.HasOne<User>().WithMany().HasForeignKey(c => new { c.CompanyId, c.AuthorId });
    }
}
