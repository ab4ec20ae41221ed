using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Companies;

/// <summary>The module's tables.</summary>
public static class CompaniesTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's own company.</summary>
        public DbSet<Company> Companies => db.Set<Company>();
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's own company.</summary>
        public IQueryable<Company> Companies => db.Set<Company>();
    }
}
