using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// Takes back a part of an invoice: of an open one it need not be paid, of a paid one it becomes credit, which the next invoices
/// take. Never changed.
/// </summary>
public sealed class CreditNote : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>From 1, without gaps within the company.</summary>
    public required long Number { get; init; }

    /// <summary>What it takes back a part of.</summary>
    public required Guid InvoiceId { get; init; }

    /// <summary>In minor units.</summary>
    public required long AmountMinor { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>SHA-256 of the request that asked for it; null: a change of plan did.</summary>
    [NotAudited("It serves to know the request when it comes again.")]
    public byte[]? RequestKey { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class CreditNoteMapping : IEntityTypeConfiguration<CreditNote>
{
    public void Configure(EntityTypeBuilder<CreditNote> builder)
        => builder.ToTable("credit_notes").HasKey(n => new { n.CompanyId, n.Id });
}
