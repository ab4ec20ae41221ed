using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// For use cases that write: talks to the primary, reads included, so that what is read is current.
/// A write is never retried here: whether it was committed may not be known. Each module adds its tables as properties.
/// </summary>
/// <exception cref="NoNodeException">There is no primary now.</exception>
public sealed class ScaleHubDb(
    DbContextOptions<ScaleHubDb> options, Schema schema, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork,
    PostgresNodes nodes)
    : TenantDbContext(options, schema, tenant, consistency, unitOfWork, nodes.ForWrite())
{
    internal override bool ReadOnly => false;

    /// <summary>What companies may use; the same for all tenants.</summary>
    public IQueryable<Plan> Plans => Set<Plan>().AsNoTracking();
}
