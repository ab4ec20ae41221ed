using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Practice;

/// <summary>A file that belongs to an exam, such as a picture of the retina.</summary>
public sealed class ExamAttachment : ITenantEntity
{
    /// <summary>Most files of an exam.</summary>
    public const int MaxPerExam = 20;

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The file's: sorts by time of upload.</summary>
    public required Guid Id { get; init; }

    /// <summary>The exam.</summary>
    public required Guid ExamId { get; init; }

    /// <summary>When it was attached.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The file, where it is loaded.</summary>
    public StoredFile File { get; init; } = null!;
}

internal sealed class ExamAttachmentMapping : IEntityTypeConfiguration<ExamAttachment>
{
    public void Configure(EntityTypeBuilder<ExamAttachment> builder)
    {
        builder.ToTable("exam_attachments").HasKey(a => new { a.CompanyId, a.Id });
        builder.HasOne(a => a.File).WithOne().HasForeignKey<ExamAttachment>(a => new { a.CompanyId, a.Id });
        builder.HasOne<Exam>().WithMany().HasForeignKey(a => new { a.CompanyId, a.ExamId });
    }
}
