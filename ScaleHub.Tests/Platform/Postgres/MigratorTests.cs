using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

[Collection(PostgresTests.Name)]
public sealed class MigratorTests(PostgresServer server)
{
    private static readonly (string, string) First = ("0001_first", "create table first (id int)");

    [Fact]
    public void Two_migrations_of_one_number_are_refused_as_their_order_would_be_chance()
    {
        // The platform's own once more.
        var twice = new Schema(typeof(Schema).Assembly);
        Assert.Contains("have the same number", Assert.Throws<MigrationException>(() => twice.Migrations()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Running_twice_applies_each_file_once()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        Assert.Equal(["0001_first"], await MigrateAsync(database, First));
        Assert.Empty(await MigrateAsync(database, First));
    }

    [Fact]
    public async Task Two_runs_at_once_apply_each_file_once()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        var slow = ("0002_slow", "select pg_sleep(0.3); create table second (id int)");
        var applied = await Task.WhenAll(MigrateAsync(database, First, slow), MigrateAsync(database, First, slow));
        Assert.Equal(["0001_first", "0002_slow"], applied.SelectMany(a => a).Order());
    }

    [Fact]
    public async Task A_file_that_fails_leaves_nothing_and_those_before_it_stay()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        var error = await Assert.ThrowsAsync<MigrationException>(
            () => MigrateAsync(database, First, ("0002_broken", "create table half (id int); select 1/0")));
        Assert.StartsWith("0002_broken.sql failed: division by zero", error.Message, StringComparison.Ordinal);
        Assert.Equal(["first", ""], await PostgresServer.QueryAsync(
            database.Owner, "values (to_regclass('first')::text), (to_regclass('half')::text)"));
        Assert.Equal(["0002_mended"], await MigrateAsync(database, First, ("0002_mended", "create table half (id int)")));
    }

    [Fact]
    public async Task A_file_that_changed_after_it_was_applied_is_refused()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        await MigrateAsync(database, First);
        var error = await Assert.ThrowsAsync<MigrationException>(
            () => MigrateAsync(database, (First.Item1, "create table first (id bigint)")));
        Assert.Contains("was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_application_role_owns_nothing_and_cannot_bypass_row_level_security()
    {
        var database = await server.CreateDatabaseAsync();
        Assert.Empty(await PostgresServer.QueryAsync(database.Owner, $"""
            select rolname from pg_roles where rolname = '{Migrator.AppRole}'
                and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)
            union all select relname from pg_class where relowner = '{Migrator.AppRole}'::regrole
            union all select nspname from pg_namespace where nspowner = '{Migrator.AppRole}'::regrole
            union all select proname from pg_proc where proowner = '{Migrator.AppRole}'::regrole
            """));
        Assert.Empty(await PostgresServer.QueryAsync(database.Owner, """
            select table_name from information_schema.columns join pg_class on relname = table_name and relkind = 'r'
            where table_schema = 'public' and column_name = 'company_id' and not relrowsecurity
            """));
    }

    [Fact]
    public async Task A_role_that_could_bypass_row_level_security_is_refused()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        await PostgresServer.ExecuteAsync(database.Owner, $"alter role {Migrator.AppRole} bypassrls");
        try
        {
            await Assert.ThrowsAsync<MigrationException>(() => MigrateAsync(database, First));
        }
        finally
        {
            await PostgresServer.ExecuteAsync(database.Owner, $"alter role {Migrator.AppRole} nobypassrls");
        }
    }

    private static async Task<List<string>> MigrateAsync(TestDatabase database, params (string, string)[] files)
    {
        await using var owner = NpgsqlDataSource.Create(database.Owner);
        List<string> applied = [];
        await new Migrator(owner, files)
            .MigrateAsync(null, applied.Add, _ => Task.CompletedTask, CancellationToken.None);
        return applied;
    }
}
