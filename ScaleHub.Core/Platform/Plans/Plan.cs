using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ScaleHub.Core.Platform.Plans;

/// <summary>What a company may use. The same for all companies; only migrations write it.</summary>
public sealed class Plan
{
    /// <summary><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Higher allows more.</summary>
    public required int Rank { get; init; }

    /// <summary>Requests of the whole company in 15 minutes.</summary>
    public required int RequestsPer15Minutes { get; init; }

    /// <summary>Users at a time.</summary>
    public required int Users { get; init; }

    /// <summary>Patients at a time.</summary>
    public required int Patients { get; init; }

    /// <summary>Orders in a calendar month, UTC.</summary>
    public required int OrdersPerMonth { get; init; }

    /// <summary>Products at a time.</summary>
    public required int Products { get; init; }

    /// <summary>Exams in a calendar month, UTC.</summary>
    public required int ExamsPerMonth { get; init; }
}

internal sealed class PlanMapping : IEntityTypeConfiguration<Plan>
{
    public void Configure(EntityTypeBuilder<Plan> builder)
    {
        builder.ToTable("plans").HasKey(p => p.Name);
        builder.Property(p => p.Name).HasColumnName("plan");
        builder.Property(p => p.RequestsPer15Minutes).HasColumnName("requests_per_15_minutes");
    }
}
