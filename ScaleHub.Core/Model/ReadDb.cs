using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Model.Billing;
using ScaleHub.Core.Model.Cards;
using ScaleHub.Core.Model.Companies;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Model.Practice;
using ScaleHub.Core.Model.Tasks;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Model;

/// <summary>
/// For use cases that only read: talks to a standby that has what the reader wrote before, or to the primary.
/// Tracks nothing and cannot write, on whichever node it is.
/// </summary>
/// <exception cref="NoNodeException">No node can serve the read now.</exception>
public sealed class ReadDb : TenantDbContext
{
    /// <summary>Picks the node.</summary>
    public ReadDb(
        DbContextOptions<ReadDb> options, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork, PostgresNodes nodes)
        : base(options, tenant, consistency, unitOfWork, nodes.ForRead(consistency.AtLeast, consistency.PrimaryOnly, consistency.Failed))
    {
        consistency.ReadFrom = Node;
        ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
    }

    internal override bool ReadOnly => true;

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
        => configurationBuilder.UseSnakeCaseEnums();

    /// <summary>The tenant's own company.</summary>
    public IQueryable<Company> Companies => Set<Company>();

    /// <summary>What companies may use; the same for all tenants.</summary>
    public IQueryable<Plan> Plans => Set<Plan>();

    /// <summary>The tenant's users, those that were removed among them.</summary>
    public IQueryable<User> Users => Set<User>();

    /// <summary>The tenant's sessions.</summary>
    public IQueryable<Session> Sessions => Set<Session>();

    /// <summary>The tenant's tasks.</summary>
    public IQueryable<TaskItem> Tasks => Set<TaskItem>();

    /// <summary>The tenant's patients.</summary>
    public IQueryable<Patient> Patients => Set<Patient>();

    /// <summary>The tenant's products.</summary>
    public IQueryable<Product> Products => Set<Product>();

    /// <summary>The tenant's orders.</summary>
    public IQueryable<Order> Orders => Set<Order>();

    /// <summary>The tenant's exams.</summary>
    public IQueryable<Exam> Exams => Set<Exam>();

    /// <summary>Packs that the tenant's users opened.</summary>
    public IQueryable<CardPack> CardPacks => Set<CardPack>();

    /// <summary>The tenant's users' cards.</summary>
    public IQueryable<UserCard> Cards => Set<UserCard>();

    /// <summary>Cards that are shown in public, of all companies; also without a tenant.</summary>
    public IQueryable<FeedEntry> Feed => Set<FeedEntry>();

    /// <summary>The tenant's users' cards on their way.</summary>
    public IQueryable<Shipment> Shipments => Set<Shipment>();

    /// <summary>What things cost; the same for all tenants.</summary>
    public IQueryable<Price> Prices => Set<Price>();

    /// <summary>Keys that sign access tokens; the same for all tenants.</summary>
    public IQueryable<SigningKey> SigningKeys => Set<SigningKey>();
}
