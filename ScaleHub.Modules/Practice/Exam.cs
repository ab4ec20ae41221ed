using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Practice;

/// <summary>An examination of a patient's eyes.</summary>
public sealed class Exam : ITenantEntity
{
    /// <summary>Exams recorded in a month.</summary>
    public static readonly Quota Quota = new("exams", Monthly: true);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation, and tells the month that the exam counts in.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who was examined.</summary>
    public required Guid PatientId { get; init; }

    /// <summary>The user who examined.</summary>
    public required Guid PerformedBy { get; init; }

    /// <summary>What was examined.</summary>
    public required ExamKind Kind { get; init; }

    /// <summary>Measurements of the kind; a JSON object of at most 16 KiB.</summary>
    public required JsonElement Findings { get; set; }

    /// <summary>When it took place.</summary>
    public required DateTimeOffset PerformedAt { get; set; }

    /// <summary>When it was recorded.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>What is examined.</summary>
public enum ExamKind
{
    /// <summary>Sphere, cylinder, axis and addition of each eye.</summary>
    Refraction,

    /// <summary>The fit of contact lenses.</summary>
    ContactLens,

    /// <summary>The pressure within the eye.</summary>
    Tonometry,

    /// <summary>The back of the eye.</summary>
    Retina,
}

internal sealed class ExamMapping : IEntityTypeConfiguration<Exam>
{
    public void Configure(EntityTypeBuilder<Exam> builder)
    {
        builder.ToTable("exams").HasKey(e => new { e.CompanyId, e.Id });
        builder.Property(e => e.Findings).HasColumnType("jsonb");
        builder.HasOne<Patient>().WithMany().HasForeignKey(e => new { e.CompanyId, e.PatientId });
        builder.HasOne<User>().WithMany().HasForeignKey(e => new { e.CompanyId, e.PerformedBy });
    }
}
