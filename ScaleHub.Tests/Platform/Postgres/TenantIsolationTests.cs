using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>
/// Row-level security, tried on every tenant table of the live catalogue with the application's login and raw SQL that has no
/// <c>where company_id</c>. Two companies have two rows each.
/// </summary>
[Collection(PostgresTests.Name)]
public sealed class TenantIsolationTests(PostgresServer server) : IAsyncLifetime
{
    private const string Denied = PostgresErrorCodes.InsufficientPrivilege;
    private const string Platform = "ffffffff-ffff-ffff-ffff-ffffffffffff";

    private NpgsqlDataSource _owner = null!, _app = null!;
    private SampleData _data = null!;
    private string _mine = "", _theirs = "";

    public async Task InitializeAsync()
    {
        var database = await server.CreateDatabaseAsync();
        _owner = NpgsqlDataSource.Create(database.Owner);
        _app = NpgsqlDataSource.Create(database.App);
        _data = await SampleData.PrepareAsync(_owner, companies: 2);
        await _data.FillAsync(_owner, rows: 4);
        await using var ids = _owner.CreateCommand($"select id::text from companies where id <> '{Platform}' order by id desc");
        await using var reader = await ids.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        _mine = reader.GetString(0);
        Assert.True(await reader.ReadAsync());
        _theirs = reader.GetString(0);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _owner.DisposeAsync();
    }

    [Fact]
    public async Task A_query_without_a_filter_shows_only_the_rows_of_the_statements_company()
        => await ForEachTableAsync(async table =>
        {
            var seen = await CompaniesSeenAsync(table, _mine);
            if (table == "global_feed") Assert.Equal(2, seen.Count);
            else Assert.Equal([_mine], seen);
        });

    [Fact]
    public async Task Without_a_company_nothing_is_seen()
        => await ForEachTableAsync(async table =>
        {
            foreach (var nobody in (string?[])[null, "", Guid.Empty.ToString(), Guid.NewGuid().ToString()])
                Assert.Equal(table == "global_feed" ? 2 : 0, (await CompaniesSeenAsync(table, nobody)).Count);
        });

    [Fact]
    public async Task A_row_cannot_be_added_to_another_company()
        => await ForEachTableAsync(async table =>
        {
            // Row 5 is the other company's, row 4 would be ours.
            Assert.Equal(Denied, await TryAsync(_mine, _data.Insert(table, 5, 5)));
            Assert.Equal(Denied, await TryAsync(null, _data.Insert(table, 4, 4)));
        });

    /// <summary>What the platform writes of companies, which read it.</summary>
    private static readonly string[] Measured = ["alerts", "company_load", "request_metrics", "request_metrics_rollups", "user_activity"];

    [Fact]
    public async Task A_row_cannot_be_moved_to_another_company()
        => await ForEachTableAsync(async table =>
            // No rows where a policy lets the company read and the platform write.
            Assert.Contains(
                await TryAsync(_mine, $"update {table} set {Company(table)} = '{_theirs}'"),
                Measured.Contains(table) ? ["0 rows"] : (string[])[Denied]));

    [Fact]
    public async Task Rows_of_another_company_cannot_be_changed_or_deleted()
        => await ForEachTableAsync(async table =>
        {
            var company = Company(table);
            foreach (var sql in (string[])[$"delete from {table}", $"update {table} set {company} = {company}"])
                Assert.Contains(await TryAsync(_mine, $"{sql} where {company} = '{_theirs}'"), (string[])["0 rows", Denied]);
        });

    [Fact]
    public async Task The_platform_sees_other_companies_only_where_a_policy_says_so()
    {
        List<string> seen = [];
        foreach (var table in _data.Tables)
            if ((await CompaniesSeenAsync(table, Platform)).Count > 0) seen.Add(table);
        Assert.Equal(["alerts", "companies", "company_load", "files", "global_feed", "jobs", "request_metrics", "request_metrics_rollups",
            "user_activity"], seen.Order());
    }

    [Fact]
    public async Task Prices_are_read_by_everybody_and_changed_by_the_platform_alone()
    {
        const string Change = "update prices set amount_minor = 1 where code = 'cards.pack'";
        Assert.Equal("0 rows", await TryAsync(_mine, Change));
        Assert.Equal(Denied, await TryAsync(
            _mine, "insert into prices (code, currency, amount_minor, description) values ('x', 'EUR', 1, 'x')"));
        Assert.Equal("1 rows", await TryAsync(Platform, Change));
        await using var count = _app.CreateCommand("select count(*) > 0 from prices");
        Assert.True((bool)(await count.ExecuteScalarAsync())!);
    }

    [Fact]
    public async Task A_company_cannot_be_the_platform()
    {
        await using var insert = _owner.CreateCommand($"insert into companies (id, name) values ('{Platform}', 'x')");
        var e = await Assert.ThrowsAsync<PostgresException>(() => insert.ExecuteNonQueryAsync());
        // It is there already, in every database, from the migration on.
        Assert.Equal(PostgresErrorCodes.UniqueViolation, e.SqlState);
    }

    private async Task ForEachTableAsync(Func<string, Task> test)
    {
        Assert.True(_data.Tables.Count > 20, "the catalogue was not read");
        List<string> failures = [];
        foreach (var table in _data.Tables)
        {
            try
            {
                await test(table);
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException or NpgsqlException)
            {
                failures.Add($"{table}: {e.Message}");
            }
        }
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    private static string Company(string table) => table == "companies" ? "id" : "company_id";

    private async Task<List<string>> CompaniesSeenAsync(string table, string? company)
    {
        await using var connection = await _app.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SetCompanyAsync(connection, company);
        await using var select = new NpgsqlCommand($"select distinct {Company(table)}::text from {table}", connection);
        await using var reader = await select.ExecuteReaderAsync();
        List<string> seen = [];
        while (await reader.ReadAsync()) seen.Add(reader.GetString(0));
        return seen;
    }

    /// <summary>"n rows", or the SQLSTATE it failed with; nothing stays.</summary>
    private async Task<string> TryAsync(string? company, string sql)
    {
        await using var connection = await _app.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SetCompanyAsync(connection, company);
        await using var command = new NpgsqlCommand(sql, connection);
        try
        {
            var rows = await command.ExecuteNonQueryAsync();
            return $"{rows} rows";
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    private static async Task SetCompanyAsync(NpgsqlConnection connection, string? company)
    {
        if (company is null) return;
        await using var set = new NpgsqlCommand("select set_config('app.company_id', $1, true)", connection);
        set.Parameters.Add(new() { Value = company });
        await set.ExecuteNonQueryAsync();
    }
}
