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
/// For use cases that write: talks to the primary, reads included, so that what is read is current.
/// A write is never retried here: whether it was committed may not be known.
/// </summary>
/// <exception cref="NoNodeException">There is no primary now.</exception>
public sealed class ScaleHubDb(
    DbContextOptions<ScaleHubDb> options, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork, PostgresNodes nodes)
    : TenantDbContext(options, tenant, consistency, unitOfWork, nodes.ForWrite())
{
    internal override bool ReadOnly => false;

    /// <summary>The tenant's own company.</summary>
    public DbSet<Company> Companies => Set<Company>();

    /// <summary>What companies may use; the same for all tenants.</summary>
    public IQueryable<Plan> Plans => Set<Plan>().AsNoTracking();

    /// <summary>The tenant's users, those that were removed among them.</summary>
    public DbSet<User> Users => Set<User>();

    /// <summary>The tenant's sign-in addresses.</summary>
    public DbSet<Login> Logins => Set<Login>();

    /// <summary>The tenant's sessions.</summary>
    public DbSet<Session> Sessions => Set<Session>();

    /// <summary>The tenant's tasks.</summary>
    public DbSet<TaskItem> Tasks => Set<TaskItem>();

    /// <summary>The tenant's patients.</summary>
    public DbSet<Patient> Patients => Set<Patient>();

    /// <summary>The tenant's products.</summary>
    public DbSet<Product> Products => Set<Product>();

    /// <summary>The tenant's orders.</summary>
    public DbSet<Order> Orders => Set<Order>();

    /// <summary>The tenant's exams.</summary>
    public DbSet<Exam> Exams => Set<Exam>();

    /// <summary>Packs that the tenant's users opened.</summary>
    public DbSet<CardPack> CardPacks => Set<CardPack>();

    /// <summary>The seeds of the packs that the tenant's users open next.</summary>
    public DbSet<NextSeed> NextSeeds => Set<NextSeed>();

    /// <summary>The tenant's users' cards.</summary>
    public DbSet<UserCard> Cards => Set<UserCard>();

    /// <summary>Cards that are shown in public, of all companies; only the tenant's own can be added or removed.</summary>
    public DbSet<FeedEntry> Feed => Set<FeedEntry>();

    /// <summary>The tenant's users' cards on their way.</summary>
    public DbSet<Shipment> Shipments => Set<Shipment>();

    /// <summary>Which card is in which of them.</summary>
    public DbSet<ShipmentCard> ShipmentCards => Set<ShipmentCard>();

    /// <summary>What things cost; the same for all tenants.</summary>
    public DbSet<Price> Prices => Set<Price>();

    /// <summary>Keys that sign access tokens; the same for all tenants.</summary>
    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
        => configurationBuilder.UseSnakeCaseEnums();

    /// <summary>The user behind an e-mail address, in whichever company; for sign-in, before a company is known.</summary>
    public IQueryable<FoundLogin> FindLogin(string email) => Set<FoundLogin>().FromSql($"select * from find_login({Login.Normalize(email)})");
}
