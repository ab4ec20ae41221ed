using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http;

[Collection(ApiTests.Name)]
public sealed class PagingTests(ApiFixture api)
{
    [Fact]
    public async Task A_walk_over_a_hundred_thousand_changing_rows_meets_each_row_that_stayed_exactly_once()
    {
        using var account = await Account.RegisterAsync(api.Address);
        await using var owner = NpgsqlDataSource.Create(api.Database.Owner);
        await SeedAsync(owner, account, rows: 100_000);
        // The seed went past the API: the position tells it which standbys have it.
        account.Client.DefaultRequestHeaders.Add("ScaleHub-Consistency", await PositionAsync(owner));
        // Every tenth row goes while the walk is under way, and as many come.
        var (stays, goes) = await SplitAsync(owner, account);
        using var stop = new CancellationTokenSource();
        var changes = ChangeAsync(owner, account, goes, stop.Token);

        var seen = new List<Guid>(100_000);
        for (var path = "/api/v1/tasks?limit=100"; path is not null;)
        {
            var page = await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetGuid()));
            var next = page.GetProperty("page").GetProperty("nextCursor").GetString();
            path = next is null ? null : $"/api/v1/tasks?limit=100&cursor={next}";
        }
        await stop.CancelAsync();
        Assert.True(await changes > 0, "Nothing changed during the walk.");
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Empty(stays.Except(seen));
    }

    [Fact]
    public async Task Pages_by_number_tell_totals_and_where_to_go()
    {
        using var account = await Account.RegisterAsync(api.Address);
        for (var i = 0; i < 5; i++) await account.CreateTaskAsync($"task {i}");

        var response = await account.Client.GetAsync("/api/v1/tasks?page=2&limit=2");
        var page = await response.JsonAsync(HttpStatusCode.OK);
        Assert.Equal(["task 2", "task 1"], page.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("title").GetString()));
        var info = page.GetProperty("page");
        Assert.Equal(2, info.GetProperty("number").GetInt32());
        Assert.Equal(5, info.GetProperty("total").GetInt32());
        Assert.True(info.GetProperty("totalIsExact").GetBoolean());
        Assert.Equal("</api/v1/tasks?limit=2&page=3>; rel=\"next\", </api/v1/tasks?limit=2&page=1>; rel=\"prev\"",
            response.Headers.GetValues("Link").Single());
        // A list begun by number goes on by cursor.
        var rest = await account.Client.GetFromJsonAsync<JsonElement>(
            $"/api/v1/tasks?limit=2&cursor={info.GetProperty("nextCursor").GetString()}");
        Assert.Equal(["task 0"], rest.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task A_total_is_exact_up_to_ten_thousand_items_and_says_so_when_there_are_more()
    {
        using var account = await Account.RegisterAsync(api.Address);
        await using var owner = NpgsqlDataSource.Create(api.Database.Owner);
        await SeedAsync(owner, account, rows: 10_000);
        Assert.Equal((10_000, true), await TotalAsync("/api/v1/tasks?page=1"));
        await SeedAsync(owner, account, rows: 1);
        // Another limit, so that it is not the page that is cached.
        Assert.Equal((10_000, false), await TotalAsync("/api/v1/tasks?page=1&limit=3"));

        async Task<(int, bool)> TotalAsync(string path)
        {
            var page = (await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("page");
            return (page.GetProperty("total").GetInt32(), page.GetProperty("totalIsExact").GetBoolean());
        }
    }

    [Theory]
    [InlineData("/api/v1/cards/shipments", 10)]
    [InlineData("/api/v1/tasks", 25)]
    [InlineData("/api/v1/patients", 25)]
    public async Task A_page_has_as_many_items_as_the_list_names_when_the_client_names_none(string path, int size)
    {
        using var account = await Account.RegisterAsync(api.Address);
        var page = (await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("page");
        Assert.Equal(size, page.GetProperty("limit").GetInt32());
    }

    [Theory]
    [InlineData("page=0")]
    [InlineData("page=-1")]
    [InlineData("page=x")]
    [InlineData("page=101&limit=100")]
    [InlineData("page=2147483647&limit=100")]
    [InlineData("page=1&cursor=AAAA")]
    public async Task A_page_that_cannot_be_is_400(string query)
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.GetAsync($"/api/v1/tasks?{query}")).ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_cursor_with_any_bit_flipped_is_400()
    {
        using var account = await Account.RegisterAsync(api.Address);
        for (var i = 0; i < 2; i++) await account.CreateTaskAsync("task");
        var page = await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/tasks?limit=1");
        var cursor = page.GetProperty("page").GetProperty("nextCursor").GetString()!;
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (var i = 0; i < cursor.Length; i++)
        {
            var value = Alphabet.IndexOf(cursor[i], StringComparison.Ordinal);
            var flipped = cursor[..i] + Alphabet[value ^ (1 << (i % 6))] + cursor[(i + 1)..];
            await (await account.Client.GetAsync($"/api/v1/tasks?limit=1&cursor={flipped}")).ProblemAsync(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task What_a_list_does_not_declare_is_neither_in_its_links_nor_in_its_cursors_nor_in_what_is_cached()
    {
        using var account = await Account.RegisterAsync(api.Address);
        await account.CreateTaskAsync("task");
        await account.CreateTaskAsync("task", "done");
        // A value that looks like the parameter of another list must not fill that list's place in the cache.
        Assert.Equal(2, await CountAsync("/api/v1/tasks?a=7%0Astatus=done"));
        Assert.Equal(1, await CountAsync("/api/v1/tasks?a=7&status=done"));

        // Long enough for two of it to be more than a proxy takes as a header.
        using var first = await account.Client.GetAsync($"/api/v1/TASKS/?LIMIT=1&x={new string('a', 3900)}");
        var page = (await first.JsonAsync(HttpStatusCode.OK)).GetProperty("page");
        var cursor = page.GetProperty("nextCursor").GetString();
        Assert.Equal($"</api/v1/tasks?limit=1&cursor={cursor}>; rel=\"next\"", first.Headers.GetValues("Link").Single());
        foreach (var path in (string[])["/api/v1/tasks?limit=1&utm=1&cursor=", "/api/v1/Tasks/?limit=1&cursor="])
            Assert.Equal(1, await CountAsync(path + cursor));
        await (await account.Client.GetAsync($"/api/v1/tasks?status=todo&limit=1&cursor={cursor}")).ProblemAsync(HttpStatusCode.BadRequest);

        async Task<int> CountAsync(string path)
            => (await (await account.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("items").GetArrayLength();
    }

    private static Task SeedAsync(NpgsqlDataSource owner, Account account, int rows) => ExecuteAsync(owner, $"""
        insert into tasks (company_id, id, title, created_by)
        select '{account.CompanyId}', gen_random_uuid(), 'seeded', '{account.UserId}' from generate_series(1, {rows})
        """);

    private static async Task<string> PositionAsync(NpgsqlDataSource owner)
    {
        await using var command = owner.CreateCommand(
            "select lpad(upper(to_hex(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint)), 16, '0')");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<(HashSet<Guid> Stays, List<Guid> Goes)> SplitAsync(NpgsqlDataSource owner, Account account)
    {
        var all = new List<Guid>();
        await using var command = owner.CreateCommand($"select id from tasks where company_id = '{account.CompanyId}'");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) all.Add(reader.GetGuid(0));
        return ([.. all.Where((_, i) => i % 10 != 0)], [.. all.Where((_, i) => i % 10 == 0)]);
    }

    private static async Task<int> ChangeAsync(NpgsqlDataSource owner, Account account, List<Guid> goes, CancellationToken stop)
    {
        var changed = 0;
        foreach (var batch in goes.Chunk(20))
        {
            if (stop.IsCancellationRequested) break;
            await ExecuteAsync(owner, $"""
                delete from tasks where company_id = '{account.CompanyId}' and id in ('{string.Join("','", batch)}');
                insert into tasks (company_id, id, title, created_by)
                select '{account.CompanyId}', gen_random_uuid(), 'new', '{account.UserId}' from generate_series(1, 20)
                """);
            changed += batch.Length;
        }
        return changed;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource owner, string sql)
    {
        await using var command = owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
