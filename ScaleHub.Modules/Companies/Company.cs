using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ScaleHub.Modules.Companies;

/// <summary>A customer of the platform: the tenant.</summary>
public sealed class Company
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Name { get; set; }

    /// <summary><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</summary>
    public string Plan { get; set; } = "FREE";

    /// <summary>When it is erased with everything it has; null: it stays.</summary>
    public DateTimeOffset? EraseAt { get; set; }

    /// <summary>When it registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class CompanyMapping : IEntityTypeConfiguration<Company>
{
    // Filtered by row-level security alone: a company is the tenant, it does not belong to one.
    public void Configure(EntityTypeBuilder<Company> builder) => builder.ToTable("companies").HasKey(c => c.Id);
}
