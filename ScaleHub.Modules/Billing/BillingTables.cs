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

        /// <summary>What the tenant's users used and is charged for.</summary>
        public IQueryable<UsageCharge> UsageCharges => db.Set<UsageCharge>().AsNoTracking();
    }

    extension(ReadDb db)
    {
        /// <summary>What things cost; the same for all tenants.</summary>
        public IQueryable<Price> Prices => db.Set<Price>();

        /// <summary>What the tenant's users used and is charged for.</summary>
        public IQueryable<UsageCharge> UsageCharges => db.Set<UsageCharge>();
    }
}
