using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Billing;

/// <summary>The module's tables.</summary>
public static class BillingTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>What things cost; the same for all tenants.</summary>
        public DbSet<Price> Prices => db.Set<Price>();

        /// <summary>What the tenant's users used and is charged for. Added by <see cref="UsageCharges"/> alone.</summary>
        public IQueryable<UsageCharge> UsageCharges => db.Set<UsageCharge>().AsNoTracking();

        /// <summary>What the tenant has with billing: one row.</summary>
        public DbSet<BillingAccount> BillingAccounts => db.Set<BillingAccount>();

        /// <summary>The tenant's subscriptions, those that are over among them.</summary>
        public DbSet<Subscription> Subscriptions => db.Set<Subscription>();

        /// <summary>The tenant's invoices.</summary>
        public DbSet<Invoice> Invoices => db.Set<Invoice>();

        /// <summary>What was or is being paid.</summary>
        public DbSet<Payment> Payments => db.Set<Payment>();

        /// <summary>What was taken back of invoices.</summary>
        public DbSet<CreditNote> CreditNotes => db.Set<CreditNote>();
    }

    extension(ReadDb db)
    {
        /// <summary>What things cost; the same for all tenants.</summary>
        public IQueryable<Price> Prices => db.Set<Price>();

        /// <summary>What the tenant's users used and is charged for.</summary>
        public IQueryable<UsageCharge> UsageCharges => db.Set<UsageCharge>();

        /// <summary>The tenant's subscriptions, those that are over among them.</summary>
        public IQueryable<Subscription> Subscriptions => db.Set<Subscription>();

        /// <summary>The tenant's invoices.</summary>
        public IQueryable<Invoice> Invoices => db.Set<Invoice>();
    }
}
