using System.Text.Json;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>
/// Reads the plan of every list and lookup, made for the application's login under row-level security over tables of 30,000
/// rows: with the values and prepared for any, with EF's filter and with the policy alone. No plan reads a large table from
/// end to end, and none has to sort: the order is an index's. (For a handful of rows the planner may rightly find sorting
/// cheaper all the same. So sorts are looked for with <c>enable_sort</c> off, which leaves those that nothing else can do.)
/// </summary>
[Collection(PostgresTests.Name)]
public sealed class ListPlanTests(PostgresServer server) : IAsyncLifetime
{
    private const int Rows = 30_000, Companies = 6, DeepRows = 100_100;
    private const string Platform = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";

    private NpgsqlDataSource _owner = null!, _app = null!;

    public async Task InitializeAsync()
    {
        var database = await server.CreateDatabaseAsync();
        // As a replica applies rows: foreign keys are not checked again, which halves the time.
        _owner = NpgsqlDataSource.Create(database.Owner + ";Options=-c session_replication_role=replica");
        _app = NpgsqlDataSource.Create(database.App);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _owner.DisposeAsync();
    }

    [Fact]
    public async Task No_list_reads_a_large_table_from_end_to_end_or_sorts()
    {
        var data = await SampleData.PrepareAsync(_owner, Companies);
        await data.FillAsync(_owner, Rows);
        await using (var more = _owner.CreateCommand("""
            insert into companies (id, name) select sample_id(n), 'more' from generate_series(100000, 106000) n; analyze companies
            """)) await more.ExecuteNonQueryAsync();
        var large = (await ColumnAsync("select relname from pg_class where relkind = 'r' and reltuples >= 5000")).ToHashSet();
        // Some tables are small by their nature: a counter per company and resource, a wish per user and kind of notification, an
        // account per company, its load; and what was charged is looked up by its primary key alone.
        var grown = await ColumnAsync("""
            select coalesce(i.inhparent, c.oid)::regclass::text from pg_class c left join pg_inherits i on i.inhrelid = c.oid
            where c.relkind = 'r' group by 1 having sum(c.reltuples) > 5000
            """);
        Assert.Equal(
            ["billing_accounts", "charged_subjects", "company_load", "notification_preferences", "quota_counters"], data.Tables.Except(grown).Order());

        List<string> failures = [];
        await using var connection = await _app.OpenConnectionAsync();
        foreach (var (name, sql) in ListQueries.Tenant)
        {
            await CheckAsync(connection, "sample_id(0)", name, sql, large, failures);
            // What the platform may see, too, is indexed by the filter; its policy only checks.
            if (ListQueries.SeenByPlatform.Any(t => name.StartsWith(t, StringComparison.Ordinal))) continue;
            await CheckAsync(connection, "sample_id(0)", name + " (by policy alone)",
                sql.Replace("company_id = {company} and ", "", StringComparison.Ordinal), large, failures);
        }
        foreach (var (name, sql) in ListQueries.Platform)
            await CheckAsync(connection, Platform, name, sql, large, failures);
        Assert.True(failures.Count == 0, string.Join("\n", failures));

        // The check itself: it finds a sort and a sequential scan where there are.
        await CheckAsync(connection, "sample_id(0)", "x", "select * from tasks order by title", large, failures);
        await CheckAsync(connection, Platform, "y", "select * from jobs where kind = {text}", large, failures);
        Assert.Contains("x: Sort", failures);
        Assert.Contains("y: Seq Scan jobs", failures);
    }

    [Fact]
    public async Task Page_10_000_reads_as_many_buffers_as_page_1()
    {
        var data = await SampleData.PrepareAsync(_owner, companies: 1);
        await using (var insert = _owner.CreateCommand(data.Insert("tasks", 0, DeepRows - 1)))
        {
            insert.CommandTimeout = 300;
            await insert.ExecuteNonQueryAsync();
        }
        await using (var analyze = _owner.CreateCommand("vacuum analyze tasks")) await analyze.ExecuteNonQueryAsync();
        await using var connection = await _app.OpenConnectionAsync();
        var first = await BuffersAsync(connection, "'ffffffff-ffff-7fff-8fff-ffffffffffff'");
        var cursor = await ColumnAsync(
            "select id::text from tasks where company_id = sample_id(0) order by id desc offset 9999 * 10 - 1 limit 1");
        var deep = await BuffersAsync(connection, $"'{cursor.Single()}'");
        Assert.True(deep <= (1.2 * first) + 4, $"page 1 read {first} buffers, page 10,000 {deep}");
    }

    private static async Task<int> BuffersAsync(NpgsqlConnection connection, string cursor)
    {
        // The second run: the first fills the catalogue caches.
        var buffers = 0;
        for (var run = 0; run < 2; run++)
        {
            var plan = await ExplainAsync(connection, "sample_id(0)", "analyze, buffers, format json",
                $"select * from tasks where company_id = sample_id(0) and id < {cursor} order by id desc limit 10");
            Assert.Equal(10, plan.GetProperty("Actual Rows").GetInt32());
            buffers = plan.GetProperty("Shared Hit Blocks").GetInt32() + plan.GetProperty("Shared Read Blocks").GetInt32();
        }
        return buffers;
    }

    private static async Task CheckAsync(
        NpgsqlConnection connection, string company, string name, string sql, HashSet<string> large, List<string> failures)
    {
        var types = string.Join(", ", ListQueries.Parameters.Select(p => p.Type));
        var values = string.Join(", ", ListQueries.Parameters.Select(p => p.Value));
        var (known, prepared) = (sql, sql);
        foreach (var (i, p) in ListQueries.Parameters.Index())
        {
            known = known.Replace($"{{{p.Name}}}", $"({p.Value})::{p.Type}", StringComparison.Ordinal);
            prepared = prepared.Replace($"{{{p.Name}}}", $"${i + 1}", StringComparison.Ordinal);
        }
        await ExecuteAsync(connection, $"prepare q ({types}) as {prepared}");
        foreach (var (plan, mode, explained) in new[]
        {
            (name, "force_custom_plan", known), (name + " (prepared)", "force_generic_plan", $"execute q ({values})"),
        })
        {
            await ExecuteAsync(connection, $"set plan_cache_mode = {mode}");
            Find(await ExplainAsync(connection, company, "format json", explained), plan, "Seq Scan");
            await ExecuteAsync(connection, "set enable_sort = off; discard plans");
            Find(await ExplainAsync(connection, company, "format json", explained), plan, "Sort");
            await ExecuteAsync(connection, "reset enable_sort; discard plans");
        }
        await ExecuteAsync(connection, "deallocate q");

        void Find(JsonElement node, string plan, string unwanted)
        {
            var type = node.GetProperty("Node Type").GetString()!;
            var table = node.TryGetProperty("Relation Name", out var relation) ? relation.GetString()! : "";
            if (type.EndsWith(unwanted, StringComparison.Ordinal) && (table.Length == 0 || large.Contains(table)))
                failures.Add($"{plan}: {type} {table}".TrimEnd());
            if (node.TryGetProperty("Plans", out var children))
                foreach (var child in children.EnumerateArray()) Find(child, plan, unwanted);
        }
    }

    private static async Task<JsonElement> ExplainAsync(NpgsqlConnection connection, string company, string options, string sql)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"select set_config('app.company_id', ({company})::text, true)");
        await using var explain = new NpgsqlCommand($"explain ({options}) {sql}", connection);
        return JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!).RootElement[0].GetProperty("Plan");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<List<string>> ColumnAsync(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
