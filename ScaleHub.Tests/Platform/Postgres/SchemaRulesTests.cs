using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>What every table must keep to, asked of the live catalogue, so that a new table cannot land without it.</summary>
[Collection(PostgresTests.Name)]
public sealed class SchemaRulesTests(PostgresServer server) : IAsyncLifetime
{
    /// <summary>The tables that belong to no company, and why. A new one has to be argued for here.</summary>
    private static readonly Dictionary<string, string> Shared = new()
    {
        ["companies"] = "the root: its id is the company, and its policy compares that",
        ["plans"] = "the same for everybody; the application only reads it",
        ["plan_quotas"] = "the same for everybody; the application only reads it",
        ["quotas"] = "the same for everybody; the application only reads it",
        ["prices"] = "the same for everybody; only the platform writes it",
        ["instances"] = "processes, which serve all companies; only the platform sees it",
        ["schedules"] = "the platform's clock; only the platform sees it",
        ["signing_keys"] = "tokens of all companies are signed with them, before a company is known; only read",
        ["partitioned_tables"] = "an administrator's settings; the application has no access",
        ["schema_migrations"] = "the migrator's record; the application has no access",
    };

    /// <summary>Tenant tables with a key that does not lead by company, and why.</summary>
    private static readonly Dictionary<string, string> GlobalKeys = new()
    {
        ["logins"] = "an e-mail address belongs to one company, which sign-in does not know yet",
    };

    /// <summary>Policies that show more than the statement's company its own rows, and to whom.</summary>
    private static readonly string[] Wider =
    [
        "alerts.platform", "audit_log.platform", "companies.platform", "company_load.platform", "files.platform", "global_feed.anyone",
        "instances.platform", "jobs.platform", "prices.anyone", "prices.platform_adds", "prices.platform_changes", "request_metrics.platform",
        "request_metrics_rollups.platform", "schedules.platform", "user_activity.platform",
    ];

    private const string Tables = """
        (select c.* from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition)
        """;

    private const string TenantTables = $"""
        (select t.*, a.attnum as company from {Tables} t
         join pg_attribute a on a.attrelid = t.oid and a.attname = 'company_id' and not a.attisdropped)
        """;

    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_table_without_a_company_is_on_the_list_of_shared_tables()
        => Assert.Equal(Shared.Keys.Order(StringComparer.Ordinal), await QueryAsync(
            $"select relname from {Tables} t where not exists (select from {TenantTables} x where x.oid = t.oid)"));

    [Fact]
    public async Task Every_tenant_table_has_row_level_security_and_a_policy()
        => Assert.Empty(await QueryAsync($"""
            select relname from {TenantTables} t
            where not relrowsecurity or not exists (select from pg_policy p where p.polrelid = t.oid)
            """));

    [Fact]
    public async Task A_policy_compares_the_company_unless_it_is_on_the_list_of_wider_ones()
        => Assert.Equal(Wider, await QueryAsync("""
            select tablename || '.' || policyname from pg_policies
            where coalesce(qual, with_check) not in (
                '(company_id = ( SELECT app_company_id() AS app_company_id))',
                '(id = ( SELECT app_company_id() AS app_company_id))')
            """));

    [Fact]
    public async Task The_company_is_in_every_primary_key_and_unique_index()
        => Assert.Equal(GlobalKeys.Keys, await QueryAsync($"""
            select relname from {TenantTables} t
            where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary and t.company = any (i.indkey))
               or exists (select from pg_index i where i.indrelid = t.oid and i.indisunique and t.company <> all (i.indkey))
            """));

    [Fact]
    public async Task The_company_is_in_every_foreign_key_between_tenant_tables()
        => Assert.Empty(await QueryAsync($"""
            select k.conname from pg_constraint k
            join {TenantTables} t on t.oid = k.conrelid
            join {TenantTables} p on p.oid = k.confrelid
            where k.contype = 'f' and not exists (
                select from generate_subscripts(k.conkey, 1) i where k.conkey[i] = t.company and k.confkey[i] = p.company)
            """));

    [Fact]
    public async Task A_foreign_key_to_a_company_starts_at_the_company_column()
        => Assert.Empty(await QueryAsync($"""
            select k.conname from pg_constraint k join {TenantTables} t on t.oid = k.conrelid
            where k.contype = 'f' and k.confrelid = 'companies'::regclass and k.conkey <> array[t.company]
            """));

    [Fact]
    public async Task Every_index_of_a_tenant_table_leads_by_the_company_unless_it_serves_all_of_them()
        => Assert.Equal(
            ["alerts_everywhere", "files_expired", "global_feed_by_tier", "global_feed_newest", "jobs_dead_everywhere", "jobs_waiting", "logins_pkey",
             "request_metrics_by_minute", "request_metrics_rollups_by_start"],
            await QueryAsync($"""
                select i.indexrelid::regclass::text from pg_index i join {TenantTables} t on t.oid = i.indrelid
                where i.indkey[0] <> t.company
                """));

    [Fact]
    public async Task A_partition_cannot_be_asked_directly()
        => Assert.Empty(await QueryAsync("""
            select relname from pg_class where relispartition and relkind = 'r' and (not relrowsecurity
                or has_table_privilege('scalehub_app', oid, 'select, insert, update, delete, truncate, references, trigger')
                or has_any_column_privilege('scalehub_app', oid, 'select, insert, update, references'))
            """));

    [Fact]
    public async Task The_application_owns_nothing_and_cannot_bypass_policies()
    {
        Assert.Equal(["f"], await QueryAsync("""
            select left((rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)::text, 1)
            from pg_roles where rolname = 'scalehub_app'
            """));
        Assert.Empty(await QueryAsync(
            "select classid::regclass::text from pg_shdepend where refobjid = 'scalehub_app'::regrole and deptype = 'o'"));
        Assert.Empty(await QueryAsync("select 'member' from pg_auth_members where member = 'scalehub_app'::regrole"));
        Assert.Equal(["f"], await QueryAsync("select left(has_schema_privilege('scalehub_app', 'public', 'create')::text, 1)"));
        Assert.Empty(await QueryAsync(
            $"select relname from {Tables} t where has_table_privilege('scalehub_app', oid, 'truncate, references, trigger')"));
    }

    [Fact]
    public async Task A_function_with_its_owners_rights_has_a_fixed_path_and_is_not_for_everybody()
        => Assert.Empty(await QueryAsync("""
            select p.oid::regprocedure::text from pg_proc p
            where p.prosecdef and p.pronamespace = 'public'::regnamespace and (
                not exists (select from unnest(p.proconfig) c where c ~ '^search_path=.*pg_temp$')
                or exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0))
            """));

    [Theory]
    [InlineData("audit_log", "insert,select")]
    [InlineData("idempotency_keys", "insert,select")]
    [InlineData("finished_jobs", "insert,select")]
    [InlineData("usage_charges", "insert,select")]
    [InlineData("invoice_lines", "insert,select")]
    [InlineData("card_packs", "insert,select")]
    [InlineData("stock_movements", "insert,select")]
    [InlineData("payments", "insert,select,update")]
    [InlineData("invoices", "insert,select,update")]
    [InlineData("webhook_deliveries", "insert,select,update")]
    [InlineData("plans", "select")]
    [InlineData("quotas", "select")]
    [InlineData("plan_quotas", "select")]
    [InlineData("partitioned_tables", "")]
    [InlineData("schema_migrations", "")]
    public async Task What_must_not_be_rewritten_is_not_granted(string table, string privileges)
        => Assert.Equal([privileges], await QueryAsync($"""
            select coalesce(string_agg(lower(privilege_type), ',' order by lower(privilege_type)), '')
            from information_schema.role_table_grants where grantee = 'scalehub_app' and table_name = '{table}'
            """));

    [Fact]
    public async Task A_charge_changes_only_by_getting_its_invoice()
        => Assert.Equal(["invoice_id"], await QueryAsync("""
            select column_name from information_schema.column_privileges
            where grantee = 'scalehub_app' and table_name = 'usage_charges' and privilege_type = 'UPDATE'
            """));

    [Fact]
    public async Task The_script_for_Citus_distributes_every_tenant_table_after_those_that_it_refers_to()
    {
        // In place of Citus's functions, which its coordinator alone has: they keep what they are called with.
        await PostgresServer.ExecuteAsync(_database.Owner, """
            create schema calls;
            create table calls.calls (place int generated always as identity, tab regclass, by_column text, beside text);
            create function create_reference_table(tab regclass) returns void language sql as
                $$ insert into calls.calls (tab) values (tab) $$;
            create function create_distributed_table(tab regclass, by_column text, colocate_with text default 'default') returns void
                language sql as $$ insert into calls.calls (tab, by_column, beside) values (tab, by_column, colocate_with) $$;
            """);
        var script = Path.Combine(Repository.Root, "deploy", "citus", "distribute.sql");
        await PostgresServer.ExecuteAsync(_database.Owner, await File.ReadAllTextAsync(script));

        Assert.Equal(
            await QueryAsync($"select relname from {TenantTables} t where relname <> 'logins'"),
            await QueryAsync("select tab::text from calls.calls where by_column = 'company_id' and beside = 'companies'"));
        Assert.Equal(
            Shared.Keys.Append("logins").Except(
                ["companies", "instances", "schedules", "signing_keys", "partitioned_tables", "schema_migrations"])
                .Order(StringComparer.Ordinal),
            await QueryAsync("select tab::text from calls.calls where by_column is null"));
        Assert.Equal(["companies"], await QueryAsync("select tab::text from calls.calls where by_column = 'id'"));
        Assert.Empty(await QueryAsync("""
            select k.conname from pg_constraint k join calls.calls from_table on from_table.tab = k.conrelid
            join calls.calls to_table on to_table.tab = k.confrelid
            where k.contype = 'f' and from_table.place < to_table.place
            """));
    }

    private async Task<IEnumerable<string>> QueryAsync(string sql)
        => (await PostgresServer.QueryAsync(_database.Owner, sql)).Order(StringComparer.Ordinal);
}
