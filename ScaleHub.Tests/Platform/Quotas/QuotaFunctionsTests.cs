using System.Reflection;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Modules;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Quotas;

[Collection(PostgresTests.Name)]
public sealed class QuotaFunctionsTests(PostgresServer server) : IAsyncLifetime
{
    private readonly Guid _company = Guid.CreateVersion7();
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        await ExecuteAsync($"insert into companies (id, name, plan) values ('{_company}', 'c', 'BASIC')");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Nobody_gets_between_the_look_at_what_is_used_and_the_change_to_a_smaller_plan()
    {
        await AddPatientsAsync(100);
        await using var source = NpgsqlDataSource.Create(_database.Owner);
        await using var smaller = await source.OpenConnectionAsync();
        await using var transaction = await smaller.BeginTransactionAsync();
        await using (var look = new NpgsqlCommand($"select used from change_quota('{_company}', 'patients', 0, 0)", smaller))
            Assert.Equal(100L, await look.ExecuteScalarAsync());

        var creation = QueryAsync($"""
            select granted || ' ' || quota || ' ' || used || ' ' || upgrade_to from change_quota('{_company}', 'patients', 0, 1)
            """);
        await Poll.UntilAsync(async () => Assert.Single(await QueryAsync("select 1 from pg_locks where not granted")));
        await using (var change = new NpgsqlCommand($"update companies set plan = 'FREE' where id = '{_company}'",
            smaller)) await change.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        Assert.Equal(["false 100 100 BASIC"], await creation);
    }

    [Fact]
    public async Task Every_quota_of_a_module_is_in_the_tables_for_every_plan_and_can_be_counted()
    {
        var quotas = typeof(IModule).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(f => f.FieldType == typeof(Quota)).Select(f => (Quota)f.GetValue(null)!).ToList();
        Assert.Equal(
            quotas.Select(q => $"{q.Resource} {q.Monthly}").Order(StringComparer.Ordinal),
            (await QueryAsync("select resource || ' ' || initcap(monthly::text) from quotas")).Order(StringComparer.Ordinal));
        Assert.Empty(await QueryAsync("""
            select p.plan || ' ' || q.resource from plans p cross join quotas q
            where not exists (select from plan_quotas l where l.plan = p.plan and l.resource = q.resource)
            """));
        Assert.Equal(
            quotas.Select(_ => "0"),
            await QueryAsync($"select count_quota('{_company}', resource, case when monthly then 202601 else 0 end) from quotas"));
    }

    [Fact]
    public async Task The_migration_that_makes_quotas_rows_keeps_limits_and_counters_and_what_the_release_before_reads()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        var all = ModuleList.Schema.Migrations();
        var before = all.TakeWhile(m => m.Name != "0070_quota_kinds").ToList();
        await using var owner = NpgsqlDataSource.Create(database.Owner);
        await MigrateAsync(before);
        await PostgresServer.ExecuteAsync(database.Owner, $"""
            insert into companies (id, name, plan) values ('{_company}', 'c', 'BASIC');
            insert into quota_counters values ('{_company}', 'patients', 0, 7), ('{_company}', 'orders', 202607, 8)
            """);
        var status = $"select resource || ' ' || company_plan || ' ' || quota || ' ' || used || ' ' || monthly from quota_status('{_company}', 202607)";
        var plans = "select plan || ' ' || users || ' ' || patients || ' ' || orders_per_month || ' ' || products || ' ' || exams_per_month from plans";
        var (statusBefore, plansBefore) = (await PostgresServer.QueryAsync(database.Owner, status), await PostgresServer.QueryAsync(database.Owner, plans));
        Assert.Equal("patients BASIC 1000 7 false", statusBefore[1]);

        // Later ones may add quotas.
        await MigrateAsync([.. all.Take(before.Count + 1)]);
        Assert.Equal(["0070_quota_kinds"], await PostgresServer.QueryAsync(database.Owner, "select max(name) from schema_migrations"));
        Assert.Equal(statusBefore, await PostgresServer.QueryAsync(database.Owner, status));
        Assert.Equal(plansBefore, await PostgresServer.QueryAsync(database.Owner, plans));

        Task MigrateAsync(IReadOnlyList<(string, string)> files)
            => new Migrator(owner, files).MigrateAsync(null, _ => { }, _ => Task.CompletedTask, CancellationToken.None);
    }

    [Fact]
    public async Task A_plan_that_nothing_lifts_names_none()
    {
        await ExecuteAsync($"update companies set plan = 'ENTERPRISE' where id = '{_company}'");
        await ExecuteAsync($"insert into quota_counters values ('{_company}', 'users', 0, 1000)");
        Assert.Equal(["false 1000 none"],
            await QueryAsync($"""
                select granted || ' ' || used || ' ' || coalesce(upgrade_to, 'none') from change_quota('{_company}', 'users', 0, 1)
                """));
    }

    [Fact]
    public async Task Rows_written_past_the_counter_show_as_drift_and_are_repaired()
    {
        await QueryAsync($"select used from change_quota('{_company}', 'patients', 0, 1)");
        await AddPatientsAsync(3);
        Assert.Equal(["patients: 1 counted 3"],
            await QueryAsync("select resource || ': ' || used || ' counted ' || counted from quota_drift"));
        Assert.Equal(["1"], await QueryAsync($"select repair_quotas('{_company}')"));
        Assert.Empty(await QueryAsync("select resource from quota_drift"));
        Assert.Equal(["3"], await QueryAsync($"select used from quota_counters where company_id = '{_company}'"));
    }

    private Task AddPatientsAsync(int count) => ExecuteAsync(
        $"insert into patients (company_id, id, name) select '{_company}', gen_random_uuid(), n from generate_series(1, {count}) n");

    private Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(_database.Owner, sql);

    private Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(_database.Owner, sql);
}
