using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Practice;

/// <summary>A person whom the practice treats.</summary>
public sealed class Patient : ITenantEntity
{
    /// <summary>Patients on file.</summary>
    public static readonly Quota Quota = new("patients", Monthly: false);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time of creation.</summary>
    public required Guid Id { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Name { get; set; }

    /// <summary>Date of birth.</summary>
    public DateOnly? BornOn { get; set; }

    /// <summary>3 to 254 characters.</summary>
    public string? Email { get; set; }

    /// <summary>3 to 40 characters.</summary>
    public string? Phone { get; set; }

    /// <summary>At most 10,000 characters.</summary>
    public string? Notes { get; set; }

    /// <summary>When the patient was put on file.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the file was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PatientMapping : IEntityTypeConfiguration<Patient>
{
    public void Configure(EntityTypeBuilder<Patient> builder)
        => builder.ToTable("patients").HasKey(p => new { p.CompanyId, p.Id });
}
