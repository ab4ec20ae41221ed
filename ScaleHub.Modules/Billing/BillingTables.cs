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
    }

    extension(ReadDb db)
    {
        /// <summary>What things cost; the same for all tenants.</summary>
        public IQueryable<Price> Prices => db.Set<Price>();
    }
}
