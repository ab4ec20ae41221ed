using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// For use cases that write: talks to the primary, reads included, so that what is read is current.
/// A write is never retried here: whether it was committed may not be known. Each module adds its tables as properties.
/// <para>Each <c>SaveChanges</c> also writes to the audit log what it changes (<see cref="AuditTrail"/>).</para>
/// </summary>
/// <exception cref="NoNodeException">There is no primary now.</exception>
public sealed class ScaleHubDb : TenantDbContext
{
    /// <summary>Takes the primary of this moment.</summary>
    public ScaleHubDb(
        DbContextOptions<ScaleHubDb> options, Schema schema, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork,
        PostgresNodes nodes, TimeProvider time)
        : base(options, schema, tenant, consistency, unitOfWork, nodes.ForWrite())
        => Audit = new(this, time);

    internal override bool ReadOnly => false;

    /// <summary>What the audit log does not see by itself.</summary>
    public AuditTrail Audit { get; }

    /// <summary>What companies may use; the same for all tenants.</summary>
    public IQueryable<Plan> Plans => Set<Plan>().AsNoTracking();

    /// <summary>Saves the changes and their audit entries, in one transaction and one batch.</summary>
    /// <returns>How many rows were written, the entries among them.</returns>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        var entries = Audit.Record();
        // What changed has just been looked for.
        var detects = ChangeTracker.AutoDetectChangesEnabled;
        ChangeTracker.AutoDetectChangesEnabled = false;
        try
        {
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        }
        finally
        {
            ChangeTracker.AutoDetectChangesEnabled = detects;
            // Written, or refused with the changes: whoever saves those again gets new ones.
            foreach (var entry in entries) Entry(entry).State = EntityState.Detached;
        }
    }
}
