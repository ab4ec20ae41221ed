using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing;

/// <summary>A bill of the company. Its total is the sum of its lines and never changes.</summary>
public sealed class Invoice : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7: sorts by time.</summary>
    public required Guid Id { get; init; }

    /// <summary>From 1, without gaps within the company.</summary>
    public required long Number { get; init; }

    /// <summary>The month that is billed, as <c>yyyymm</c>; null for what is billed outside the cycle.</summary>
    public int? PeriodYyyymm { get; init; }

    /// <summary>How it stands.</summary>
    public required InvoiceState Status { get; set; }

    /// <summary>Sum of the lines, in minor units.</summary>
    public required long TotalMinor { get; init; }

    /// <summary>How much of it credit has covered, in minor units.</summary>
    public long CreditMinor { get; set; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>When it should be paid.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>The subscription it is for; null: only for use.</summary>
    public Guid? SubscriptionId { get; init; }

    /// <summary>The plan that begins when it is paid; null: none does.</summary>
    public string? ForPlan { get; init; }

    /// <summary>The price a month of that plan, in minor units.</summary>
    public long? ForPriceMinor { get; init; }

    /// <summary>How many times it was attempted in vain to get it paid.</summary>
    public int DunningStep { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When nothing of it was left to be paid.</summary>
    public DateTimeOffset? PaidAt { get; set; }

    /// <summary>What is to be paid, in minor units, as long as it is open.</summary>
    public long DueMinor => TotalMinor - CreditMinor;

    /// <summary>What is on it, by line.</summary>
    public List<InvoiceLine> Lines { get; init; } = [];

    /// <summary>What was or is being paid, where it is loaded.</summary>
    public List<Payment> Payments { get; init; } = [];

    /// <summary>What was taken back, where it is loaded.</summary>
    public List<CreditNote> CreditNotes { get; init; } = [];
}

/// <summary>How an invoice stands.</summary>
public enum InvoiceState
{
    /// <summary>To be paid.</summary>
    Open,

    /// <summary>Nothing of it is left to be paid.</summary>
    Paid,

    /// <summary>It need not be paid: what it was for did not come about.</summary>
    Void,
}

/// <summary>A line of an invoice. Never changed.</summary>
[NotAudited("It is written once, with its invoice.")]
public sealed class InvoiceLine : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The invoice.</summary>
    public required Guid InvoiceId { get; init; }

    /// <summary>From 1.</summary>
    public required int Line { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Description { get; init; }

    /// <summary>From 1.</summary>
    public required long Quantity { get; init; }

    /// <summary>In minor units.</summary>
    public required long UnitPriceMinor { get; init; }

    /// <summary>Quantity times price.</summary>
    public required long AmountMinor { get; init; }
}

internal sealed class InvoiceMapping : IEntityTypeConfiguration<Invoice>, IEntityTypeConfiguration<InvoiceLine>
{
    public void Configure(EntityTypeBuilder<Invoice> builder)
    {
        builder.ToTable("invoices").HasKey(i => new { i.CompanyId, i.Id });
        builder.Ignore(i => i.DueMinor);
        builder.HasMany(i => i.Lines).WithOne().HasForeignKey(l => new { l.CompanyId, l.InvoiceId });
        builder.HasMany(i => i.Payments).WithOne().HasForeignKey(p => new { p.CompanyId, p.InvoiceId });
        builder.HasMany(i => i.CreditNotes).WithOne().HasForeignKey(n => new { n.CompanyId, n.InvoiceId });
        builder.HasOne<Subscription>().WithMany().HasForeignKey(i => new { i.CompanyId, i.SubscriptionId });
    }

    public void Configure(EntityTypeBuilder<InvoiceLine> builder)
        => builder.ToTable("invoice_lines").HasKey(l => new { l.CompanyId, l.InvoiceId, l.Line });
}
