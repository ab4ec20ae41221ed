using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// What a company has with billing. Whoever changes anything of its bills locks it first
/// (<see cref="BillingAccounts.LockBillingAccountAsync"/>) and holds it to the end of the transaction: numbers have no gaps,
/// and two changes of one company come one after the other. Quota counters and the company's row come after it.
/// </summary>
public sealed class BillingAccount : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The provider's name for the card that is charged for what is due, 1 to 200 characters; null: there is
    /// none.</summary>
    [Secret]
    public string? PaymentMethod { get; set; }

    /// <summary>The number of the last invoice; 0 before the first.</summary>
    [NotAudited("The invoice has the number.")]
    public long LastInvoiceNumber { get; set; }

    /// <summary>The number of the last credit note; 0 before the first.</summary>
    [NotAudited("The credit note has the number.")]
    public long LastCreditNoteNumber { get; set; }

    /// <summary>What the company has paid too much, in minor units; the next invoices take it.</summary>
    public long CreditMinor { get; set; }

    /// <summary>When the one trial began; null: it can still be had.</summary>
    public DateTimeOffset? TrialUsedAt { get; set; }
}

internal sealed class BillingAccountMapping : IEntityTypeConfiguration<BillingAccount>
{
    public void Configure(EntityTypeBuilder<BillingAccount> builder)
        => builder.ToTable("billing_accounts").HasKey(a => a.CompanyId);
}

internal static class BillingAccounts
{
    /// <summary>The tenant's account, locked until the transaction ends, and made when there is none.</summary>
    public static async Task<BillingAccount> LockBillingAccountAsync(this ScaleHubDb db, CancellationToken cancellationToken)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("A lock needs a transaction.");
        var company = db.Tenant.RequiredCompanyId;
        // Not audited: an empty account is nothing yet. One statement that makes, locks and reads. EF must not put a query around it.
        return (await db.BillingAccounts.FromSql($"""
            insert into billing_accounts (company_id) values ({company})
            on conflict (company_id) do update set company_id = excluded.company_id returning *
            """).IgnoreQueryFilters().ToListAsync(cancellationToken))[0];
    }
}
