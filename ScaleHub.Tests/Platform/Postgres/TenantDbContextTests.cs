using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Tasks;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

[Collection(PostgresTests.Name)]
public sealed class TenantDbContextTests(PostgresServer server)
{
    private static readonly Guid Mine = Guid.Parse("01a00000-0000-7000-8000-000000000001");
    private static readonly Guid Theirs = Guid.Parse("01a00000-0000-7000-8000-000000000002");

    [Fact]
    public async Task A_context_that_no_query_uses_makes_none_of_EFs_services()
    {
        await using var host = await PlatformHost.StartAsync(await TwoCompaniesAsync());
        const int Contexts = 100;
        var (made, used) = (0L, 0L);
        for (var i = 0; i < 2 * Contexts; i++)
        {
            await using var scope = host.Scope(Mine);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var db = scope.ServiceProvider.GetRequiredService<ReadDb>();
            var then = GC.GetAllocatedBytesForCurrentThread();
            // With the connection come all of EF's services for a context.
            db.Database.GetDbConnection();
            // The first ones make what all share.
            if (i < Contexts) continue;
            made += then - before;
            used += GC.GetAllocatedBytesForCurrentThread() - then;
        }
        Assert.True(made < used / 3, $"{made / Contexts} bytes for a context, {used / Contexts} for EF's services");
    }

    [Fact]
    public async Task Without_any_filter_a_query_still_shows_no_row_of_another_company()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var scope = host.Scope(Mine);
        var db = scope.ServiceProvider.GetRequiredService<ReadDb>();
        foreach (var query in TenantQueries(db))
        {
            var rows = await query.ToListAsync();
            Assert.NotEmpty(rows);
            Assert.All(rows, row => Assert.Equal(Mine, row.CompanyId));
        }
        Assert.Equal(["mine"], await db.Database.SqlQuery<string>($"select title as \"Value\" from tasks").ToListAsync());
        Assert.Equal([Mine], await db.Database.SqlQuery<Guid>($"select id as \"Value\" from companies").ToListAsync());
    }

    [Fact]
    public async Task Without_a_company_every_tenant_table_is_empty()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var scope = host.Scope(company: null);
        var db = scope.ServiceProvider.GetRequiredService<ReadDb>();
        foreach (var query in TenantQueries(db)) Assert.Empty(await query.ToListAsync());
        Assert.Empty(await db.Database.SqlQuery<string>($"select title as \"Value\" from tasks").ToListAsync());
    }

    [Fact]
    public async Task Nothing_of_a_company_is_left_on_the_pooled_connection()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database, ("Postgres:Pool:Max", "1"), ("Postgres:Pool:Min", "0"));
        for (var i = 0; i < 20; i++)
        {
            var company = i % 2 == 0 ? Mine : Theirs;
            await using (var writing = host.Scope(company))
            {
                var db = writing.ServiceProvider.GetRequiredService<ScaleHubDb>();
                Assert.Equal(1, await db.Tasks.ExecuteUpdateAsync(s => s.SetProperty(t => t.Description, $"round {i}")));
            }
            await using var reading = host.Scope(company: null);
            Assert.Empty(await reading.ServiceProvider.GetRequiredService<ReadDb>().Tasks.IgnoreQueryFilters().ToListAsync());
        }
    }

    [Fact]
    public async Task A_row_cannot_be_written_into_another_company()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var scope = host.Scope(Mine);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var now = DateTimeOffset.UtcNow;
        db.Tasks.Add(new()
        {
            CompanyId = Theirs,
            Id = Guid.CreateVersion7(),
            Title = "smuggled",
            CreatedBy = Theirs,
            CreatedAt = now,
            UpdatedAt = now,
        });
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
        Assert.Equal(0, await db.Tasks.IgnoreQueryFilters().Where(t => t.CompanyId == Theirs).ExecuteDeleteAsync());
    }

    [Fact]
    public async Task A_read_context_cannot_write_even_on_the_primary()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var scope = host.Scope(Mine);
        var db = scope.ServiceProvider.GetRequiredService<ReadDb>();
        Assert.Equal(NodeRole.Primary, db.Node.State.Role);

        await Assert.ThrowsAsync<InvalidOperationException>(() => db.Tasks.ExecuteDeleteAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.Database.BeginTransactionAsync());
        // A function that writes, in a select: the server refuses it.
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            db.Database.SqlQuery<long>($"select nextval('sneaky') as \"Value\"").ToListAsync());
        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, refused.SqlState);
    }

    [Fact]
    public async Task A_transaction_whose_program_vanished_is_ended_by_the_server_after_a_minute()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var scope = host.Scope(Mine);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        Assert.Equal("1min", await db.Database
            .SqlQuery<string>($"select current_setting('idle_in_transaction_session_timeout') as \"Value\"").SingleAsync());
    }

    [Fact]
    public async Task A_concurrent_change_of_a_tracked_row_is_noticed()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var first = host.Scope(Mine);
        await using var second = host.Scope(Mine);
        var db = first.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var task = await db.Tasks.SingleAsync();
        await second.ServiceProvider.GetRequiredService<ScaleHubDb>().Tasks.ExecuteDeleteAsync();
        task.Title = "changed";
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync());
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_is_an_exception_and_no_error_in_the_log()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database);
        using var log = new WarningLog();
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await using var scope = host.Scope(Mine);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var now = DateTimeOffset.UtcNow;
        db.Tasks.Add(new()
        {
            CompanyId = Mine,
            Id = Guid.CreateVersion7(),
            Title = "by nobody",
            CreatedBy = Guid.CreateVersion7(),
            CreatedAt = now,
            UpdatedAt = now,
        });
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task Connections_that_the_server_has_ended_fail_no_read_where_there_is_no_other_node()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database, ("Postgres:Pool:Max", "8"), ("Postgres:Pool:Min", "0"));
        var node = Assert.Single(host.Services.GetRequiredService<PostgresNodes>().All);
        for (var (round, tries) = (0, 0); round < 3; Assert.True(++tries < 20, "The monitor found the node lost all the time."))
        {
            await Poll.UntilAsync(() => node.Answers, seconds: 60);
            var lost = node.Lost;
            try
            {
                // As many at a time as there are connections: each is used, and then ended.
                var reads = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
                {
                    await using var scope = host.Scope(Mine);
                    return await scope.ServiceProvider.GetRequiredService<ReadDb>().Database
                        .SqlQuery<string>($"select title || pg_sleep(0.1) as \"Value\" from tasks").ToListAsync();
                }));
                Assert.All(reads, titles => Assert.Equal(["mine"], titles));
                round++;
            }
            catch (Exception) when (lost.IsCancellationRequested)
            {
                // On a busy machine the monitor may wait in vain for an answer, which ends the reads too: such a round shows nothing.
            }
            await PostgresServer.ExecuteAsync(database.Owner,
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        }
    }

    [Fact]
    public async Task A_hundred_slow_queries_never_hold_more_connections_than_the_pool_and_end_in_time()
    {
        var database = await TwoCompaniesAsync();
        await using var host = await PlatformHost.StartAsync(database, ("Postgres:Pool:Max", "5"), ("Postgres:Pool:Min", "0"));
        var most = 0L;
        var queries = Enumerable.Range(0, 100).Select(async _ =>
        {
            await using var scope = host.Scope(Mine);
            try
            {
                await scope.ServiceProvider.GetRequiredService<ReadDb>().Database
                    .SqlQuery<string>($"select pg_sleep(0.25)::text as \"Value\"").ToListAsync();
                return true;
            }
            catch (Exception e)
            {
                // What the API answers with 503 and Retry-After.
                Assert.True(DatabaseErrors.IsPassing(e), e.ToString());
                return false;
            }
        }).ToList();
        while (queries.Any(q => !q.IsCompleted))
        {
            most = Math.Max(most, long.Parse((await PostgresServer.QueryAsync(database.Owner, """
                select count(*) from pg_stat_activity
                where datname = current_database() and usename = 'scalehub_app' and application_name <> 'scalehub-monitor'
                """))[0], null));
        }
        var done = await Task.WhenAll(queries);
        Assert.InRange(most, 1, 5);
        Assert.Contains(true, done);
        Assert.Contains(false, done);
    }

    // Every entity with a company, found by reflection: a new one is tested without being named here.
    private static IEnumerable<IQueryable<ITenantEntity>> TenantQueries(ReadDb db)
        => db.Model.GetEntityTypes().Where(e => typeof(ITenantEntity).IsAssignableFrom(e.ClrType) && Seeded.Contains(e.GetTableName()))
            .Select(e => (IQueryable<ITenantEntity>)typeof(TenantDbContextTests)
                .GetMethod(nameof(Unfiltered), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(e.ClrType).Invoke(null, [db])!);

    private static IQueryable<ITenantEntity> Unfiltered<T>(ReadDb db) where T : class, ITenantEntity
        => db.Set<T>().IgnoreQueryFilters().Cast<ITenantEntity>();

    // The catalogue's own test (TenantIsolationTests) fills every table; here the first modules' are enough.
    private static readonly string[] Seeded = ["users", "logins", "tasks"];

    private async Task<TestDatabase> TwoCompaniesAsync()
    {
        var database = await server.CreateDatabaseAsync();
        foreach (var (id, name) in ((Guid, string)[])[(Mine, "mine"), (Theirs, "theirs")])
        {
            await PostgresServer.ExecuteAsync(database.Owner, $"""
                insert into companies (id, name) values ('{id}', '{name}');
                insert into users (company_id, id, email, password_hash, role) values ('{id}', '{id}', '{name}@x.example', 'x', 'owner');
                insert into logins (email, company_id, user_id) values ('{name}@x.example', '{id}', '{id}');
                insert into tasks (company_id, id, title, created_by) values ('{id}', gen_random_uuid(), '{name}', '{id}');
                create sequence if not exists sneaky;
                grant usage on sequence sneaky to scalehub_app;
                """);
        }
        return database;
    }

    private sealed class WarningLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        // Of the database alone: the host has no Redis, and says so.
        public ILogger CreateLogger(string categoryName)
            => categoryName.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal) ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Lines.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
