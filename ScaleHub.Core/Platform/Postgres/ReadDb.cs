using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// For use cases that only read: talks to a standby that has what the reader wrote before, or to the primary.
/// Tracks nothing and cannot write, on whichever node it is. Each module adds its tables as properties.
/// </summary>
/// <exception cref="NoNodeException">No node can serve the read now.</exception>
public sealed class ReadDb : TenantDbContext
{
    /// <summary>Picks the node.</summary>
    public ReadDb(
        DbContextOptions<ReadDb> options, Schema schema, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork,
        PostgresNodes nodes)
        : base(options, schema, tenant, consistency, unitOfWork,
            nodes.ForRead(consistency.AtLeast, consistency.PrimaryOnly, consistency.Failed))
        => consistency.ReadFrom = Node;

    internal override bool ReadOnly => true;

    /// <summary>What companies may use; the same for all tenants.</summary>
    public IQueryable<Plan> Plans => Set<Plan>();
}
