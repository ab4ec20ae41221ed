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

    /// <summary>How much of everything it allows; loaded on request (<c>Include</c>).</summary>
    public List<PlanQuota> Quotas { get; init; } = [];
}

/// <summary>How much of something a plan allows.</summary>
public sealed class PlanQuota
{
    /// <summary>The plan's name.</summary>
    public required string Plan { get; init; }

    /// <summary>What it limits, as <see cref="Platform.Quotas.Quota.Resource"/>.</summary>
    public required string Resource { get; init; }

    /// <summary>How many there may be; of what is counted by month, in a calendar month (UTC).</summary>
    public required long Limit { get; init; }
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

internal sealed class PlanQuotaMapping : IEntityTypeConfiguration<PlanQuota>
{
    public void Configure(EntityTypeBuilder<PlanQuota> builder)
    {
        builder.ToTable("plan_quotas").HasKey(q => new { q.Plan, q.Resource });
        builder.Property(q => q.Limit).HasColumnName("quota");
        builder.HasOne<Plan>().WithMany(p => p.Quotas).HasForeignKey(q => q.Plan);
    }
}
