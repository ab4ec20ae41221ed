using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// A context on one node for one tenant. Holds its node from construction to disposal, so that routing can tell how busy it is.
/// Tables and columns are named in snake_case.
/// </summary>
public abstract class TenantDbContext : DbContext
{
    private static readonly TenantInterceptor Interceptor = new();
    private static readonly MethodInfo FilterMethod =
        typeof(TenantDbContext).GetMethod(nameof(FilterByCompany), BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly Schema _schema;
    private readonly PostgresNode _node;
    private int _left;

    /// <summary>
    /// Opens nothing: a connection is taken from the node's pool for each statement or transaction. Nothing here may ask EF for its
    /// services, which are made with the first query: many a request takes a context and needs none.
    /// </summary>
    protected TenantDbContext(
        DbContextOptions options, Schema schema, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork, PostgresNode node)
        : base(options)
    {
        (_schema, Tenant, Consistency, UnitOfWork, _node) = (schema, tenant, consistency, unitOfWork, node);
        node.Enter();
        // Each SaveChanges is a transaction, whose start sets the company.
        Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
    }

    /// <summary>Whose rows the context sees.</summary>
    public Tenant Tenant { get; }

    /// <summary>The node that the context talks to.</summary>
    public PostgresNode Node => _node;

    /// <summary>
    /// For plain Npgsql in the open transaction, where the company is set already. Only while there is one: elsewhere a statement
    /// would have no company and see nothing.
    /// </summary>
    internal NpgsqlConnection TransactionConnection => Database.CurrentTransaction is not null
        ? (NpgsqlConnection)Database.GetDbConnection()
        : throw new InvalidOperationException("There is no transaction open.");

    /// <summary>
    /// The last statement of the open transaction, sent with its commit in one round trip; it must fail where the transaction must not
    /// be committed.
    /// </summary>
    internal NpgsqlBatchCommand? WithCommit { get; set; }

    /// <summary>What must follow the writes of this scope.</summary>
    public UnitOfWork UnitOfWork { get; }

    internal ReadConsistency Consistency { get; }

    internal abstract bool ReadOnly { get; }

    // What query filters compare with; a parameter of each query. No company: no row.
    private Guid CurrentCompany => Tenant.CompanyId ?? Guid.Empty;

    /// <summary>Options that every context of this type shares; the connection comes with the instance.</summary>
    internal static DbContextOptions<T> Options<T>(IServiceProvider services) where T : TenantDbContext
        => new DbContextOptionsBuilder<T>()
            .UseLoggerFactory(services.GetRequiredService<ILoggerFactory>())
            .UseNpgsql()
            .AddInterceptors(Interceptor)
            .UseQueryTrackingBehavior(typeof(T) == typeof(ReadDb) ? QueryTrackingBehavior.NoTracking : QueryTrackingBehavior.TrackAll)
            // Whoever handles the exception says what is wrong: a name that is taken is the client's mistake, and an outage is
            // one line for each request, not a stack.
            .ConfigureWarnings(warnings => warnings.Log(
                (CoreEventId.SaveChangesFailed, LogLevel.Debug), (CoreEventId.QueryIterationFailed, LogLevel.Debug),
                (RelationalEventId.CommandError, LogLevel.Debug), (RelationalEventId.ConnectionError, LogLevel.Debug),
                (RelationalEventId.TransactionError, LogLevel.Debug)))
            .Options;

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => _schema.MapEnums(configurationBuilder);

    /// <summary>Applies the mappings of every module, then what holds for all of them.</summary>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        _schema.Map(modelBuilder);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            // What a mapping names itself stays as it is.
            foreach (var property in entity.GetProperties())
                if (property.FindAnnotation(RelationalAnnotationNames.ColumnName) is null)
                    property.SetColumnName(SnakeCase(property.Name));
            if (typeof(ITenantEntity).IsAssignableFrom(entity.ClrType))
                FilterMethod.MakeGenericMethod(entity.ClrType).Invoke(this, [modelBuilder]);
        }
    }

    private void FilterByCompany<T>(ModelBuilder modelBuilder) where T : class, ITenantEntity
        => modelBuilder.Entity<T>().HasQueryFilter(e => e.CompanyId == CurrentCompany);

    private static string SnakeCase(string name)
        => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    /// <inheritdoc/>
    public override void Dispose()
    {
        Leave();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Leave();
        GC.SuppressFinalize(this);
        return base.DisposeAsync();
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0) _node.Leave();
    }
}
