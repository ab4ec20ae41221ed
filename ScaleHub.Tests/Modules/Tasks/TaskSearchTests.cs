using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Tasks.TaskRequests;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary><c>?q=</c> on the list of tasks.</summary>
[Collection(ApiTests.Name)]
public sealed class TaskSearchTests(ApiFixture api)
{
    [Fact]
    public async Task Words_are_found_in_title_and_description_in_any_case_and_combined()
    {
        using var account = await api.RegisterAsync();
        var lens = await AddAsync(account, "Order LENSES for Müller", "blue, two boxes");
        var call = await AddAsync(account, "Call the supplier", "about the blue lenses: order 4711");
        var none = await AddAsync(account, "Clean up", null);

        foreach (var (query, found) in ((string, Guid[])[])[
            ("lenses", [call, lens]), ("Lenses ORDER", [call, lens]), ("müller", [lens]), ("MÜLLER", [lens]), ("4711", [call]),
            ("lenses -supplier", [lens]), ("clean or müller", [none, lens]), ("\"blue lenses\"", [call]), ("\"lenses blue\"", []),
            ("lens", []), ("-lenses", [none]), ("clean", [none]), ("nothing of the kind", []), ("-", []), ("...", [])])
            Assert.True(found.SequenceEqual(await SearchAsync(account, query)), query);

        // A change is found at once: searches are not cached.
        await (await account.Client.PatchAsync($"{All}/{none}", """{"description":"lenses"}""")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal([none, call, lens], await SearchAsync(account, "lenses"));
        await account.Client.DeleteAsync($"{All}/{call}");
        Assert.Equal([none, lens], await SearchAsync(account, "lenses"));
    }

    [Fact]
    public async Task A_search_goes_with_every_filter_and_is_walked_like_any_list()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        var colleague = (await account.AddAsync("member")).Id;
        var made = new List<Guid>();
        for (var i = 0; i < 12; i++)
        {
            await AddAsync(account, "something else", null);
            made.Insert(0, PracticeSupport.Id(await account.Client.AddTaskAsync(new
            {
                title = $"order {i}",
                status = i % 2 == 0 ? "todo" : "done",
                assigneeId = i % 3 == 0 ? colleague : account.UserId,
                dueAt = $"2027-03-{i + 1:00}T00:00:00Z",
            })));
        }
        // made[k] is order 11 - k.
        Assert.Equal(made, await account.Client.WalkAsync($"{All}?q=order&limit=5"));
        Assert.Equal(made, await account.Client.WalkAsync($"{All}?q=order&limit=5&page=1"));
        Assert.Equal(made.Where((_, k) => (11 - k) % 2 == 0),
            await account.Client.WalkAsync($"{All}?q=order&limit=2&status=todo"));
        Assert.Equal(made.Where((_, k) => (11 - k) % 3 == 0),
            await account.Client.WalkAsync($"{All}?q=order&limit=2&assignee={colleague}"));
        const string From = "2027-03-03T00:00:00Z", Before = "2027-03-08T00:00:00Z";
        Assert.Equal(made.Where((_, k) => 11 - k is >= 2 and < 7),
            await account.Client.WalkAsync($"{All}?q=order&limit=2&dueAfter={From}&dueBefore={Before}"));
        Assert.Equal(made.Where((_, k) => 11 - k is >= 2 and < 7 && (11 - k) % 6 == 0),
            await account.Client.WalkAsync(
                $"{All}?q=order&limit=1&dueAfter={From}&dueBefore={Before}&assignee={colleague}&status=todo"));
        var page = (await account.Client.ReadAsync($"{All}?q=order&limit=5&page=2")).GetProperty("page");
        Assert.Equal(12, page.GetProperty("total").GetInt32());

        // A cursor is good for its own search alone.
        var cursor = (await account.Client.ReadAsync($"{All}?q=order&limit=2")).GetProperty("page").Text("nextCursor");
        await (await account.Client.GetAsync($"{All}?q=else&limit=2&cursor={cursor}")).ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Another_companys_tasks_are_not_found()
    {
        using var mine = await api.RegisterAsync();
        using var theirs = await api.RegisterAsync();
        var secret = await AddAsync(theirs, "secret merger", null);
        var own = await AddAsync(mine, "lunch", "nothing secret");
        Assert.Equal([own], await SearchAsync(mine, "secret"));
        Assert.Equal([secret], await SearchAsync(theirs, "secret"));
        Assert.Equal([own], await SearchAsync(mine, "-merger"));
        Assert.Empty(await SearchAsync(mine, "merger"));

        // Nor with the application's login and SQL of one's own, whatever company the statement names, if any.
        foreach (var company in (string[])[$"{mine.CompanyId}", $"{Guid.NewGuid()}", "", "ffffffff-ffff-ffff-ffff-ffffffffffff"])
            Assert.Empty(await PostgresServer.QueryAsync(api.Database.App, $"""
                set app.company_id = '{company}';
                select find_tasks('merger', null, 100, null, null, null, null)
                """));
        Assert.Equal([$"{secret}"], await PostgresServer.QueryAsync(api.Database.App, $"""
            set app.company_id = '{theirs.CompanyId}';
            select find_tasks('merger', null, 100, null, null, null, null)
            """));
    }

    [Fact]
    public async Task No_search_is_an_error_of_the_server()
    {
        using var account = await api.RegisterAsync();
        await AddAsync(account, "a 'quoted' \"title\" \\ with 100 % {0} $1", null);
        foreach (var query in (string[])["'", "\"", "\\", "\\\\'", "%", "%%", "_", "{0}", "{", "$1", "@p0", ":*", "a:*", "a:A",
            "&", "|", "!",
            "a & b", "a | | b", "!!a", "(", "((()", "<->", "a <-> b", "a <99999> b", "or", "or or or", "a or", "- - -", "-\"",
            "\"a", "\" \" \"",
            "';drop table tasks;--", "/*", "\t\r\n", "\u200b", "\ufeff", "\ufffd", "\ud83d\ude80", "\u202e", "ﷺ", "İı", "ß",
            "e\u0301", "-2147483649",
            "1e999", "http://a.example/b?c=d&e=f#g", "a@b.c", "../../etc", "<script>", new string('x', 200), new string('-', 200),
            new string('"', 200), new string('(', 200), string.Concat(Enumerable.Repeat("🚀", 200)),
            string.Concat(Enumerable.Repeat("a ", 100)),
            string.Concat(Enumerable.Repeat("-a ", 66)), string.Concat(Enumerable.Repeat("a-", 100)),
            string.Concat(Enumerable.Repeat("\"a b\" ", 33))])
            await AssertNoErrorAsync(Uri.EscapeDataString(query));
        // What is no UTF-8, and half a pair.
        foreach (var escaped in (string[])["%ff", "%fe%ff", "%c0%af", "%ed%a0%80", "%zz", "%", "+", "%2500"])
            await AssertNoErrorAsync(escaped);
        foreach (var refused in (string[])["", "%20", "%00", "a%00b", "%01", "%c2%85", new string('x', 201),
            string.Concat(Enumerable.Repeat("%F0%9F%9A%80", 201))])
            (await (await account.Client.GetAsync($"{All}?q={refused}"))
                .ProblemAsync(HttpStatusCode.BadRequest)).AssertNames("q");
        await (await account.Client.GetAsync($"{All}?q=a&q=b")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await account.Client.GetAsync($"{All}?q=a&page=10001")).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(HttpStatusCode.OK, (await account.Client.GetAsync($"{All}?q=a&page=10000&limit=1")).StatusCode);

        async Task AssertNoErrorAsync(string escaped)
        {
            var answer = await account.Client.GetAsync($"{All}?q={escaped}");
            if (answer.StatusCode != HttpStatusCode.BadRequest) await answer.JsonAsync(HttpStatusCode.OK);
            else await answer.ProblemAsync(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_text_of_any_kind_can_be_kept_and_searched()
    {
        using var account = await api.RegisterAsync();
        // Words that are too long for an index, and very many of them.
        foreach (var text in (string[])[new string('y', 10_000), string.Concat(Enumerable.Range(0, 1_500).Select(i => $"w{i} ")),
            string.Concat(Enumerable.Repeat("🚀", 10_000)), string.Concat(Enumerable.Repeat("same ", 2_000))])
            await AddAsync(account, "odd", text);
        Assert.Equal(4, (await SearchAsync(account, "odd")).Count);
        Assert.Single(await SearchAsync(account, "w1499"));
        Assert.Single(await SearchAsync(account, "same"));
    }

    [Fact]
    public async Task A_change_of_the_state_leaves_the_words_alone_and_one_of_the_text_does_not()
    {
        using var account = await api.RegisterAsync();
        var task = await AddAsync(account, "before", null);
        var words = $"select xmin from task_words where task_id = '{task}'";
        var first = await PostgresServer.QueryAsync(api.Database.Owner, words);
        await (await account.Client.PatchAsync($"{All}/{task}", Responses.Json("""{"status":"done"}"""))).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(first, await PostgresServer.QueryAsync(api.Database.Owner, words));
        await (await account.Client.PatchAsync($"{All}/{task}", Responses.Json("""{"title":"after"}"""))).JsonAsync(HttpStatusCode.OK);
        Assert.Equal([task], await SearchAsync(account, "after"));
        Assert.Empty(await SearchAsync(account, "before"));
    }

    [Fact]
    public async Task A_rare_word_is_looked_up_in_the_index_and_a_common_one_is_walked_to()
    {
        using var account = await api.RegisterAsync();
        await api.ExecuteAsync($"""
            insert into tasks (company_id, id, title, created_by)
            select '{account.CompanyId}',
                (left(uuid7_floor(now() - n * interval '1 second')::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                'common ' || md5(n::text) || case when n % 10000 = 0 then ' rare' else '' end, '{account.UserId}'
            from generate_series(1, 20000) n;
            analyze tasks; analyze task_words
            """);
        Assert.Equal(2, (await SearchAsync(account, "rare")).Count);
        var page = await account.Client.ReadAsync($"{All}?q=common&limit=100");
        Assert.Equal(100, page.Items().Length);
        var cursor = page.GetProperty("page").Text("nextCursor");
        var next = await account.Client.ReadAsync($"{All}?q=common&limit=100&cursor={cursor}");
        Assert.Equal(200, page.Items().Concat(next.Items()).Select(PracticeSupport.Id).Distinct().Count());

        var rare = await PlanAsync(account, "rare");
        Assert.Contains("task_words_search", rare, StringComparison.Ordinal);
        var common = await PlanAsync(account, "common");
        Assert.Contains("task_words_pkey", common, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", common, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", rare + common, StringComparison.Ordinal);
    }

    /// <summary>The plans of the statements within the function, as PostgreSQL tells them while it runs.</summary>
    private async Task<string> PlanAsync(Account account, string query)
    {
        await using var owner = NpgsqlDataSource.Create(api.Database.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        var told = new ConcurrentQueue<string>();
        connection.Notice += (_, e) => told.Enqueue(e.Notice.MessageText);
        await using var command = new NpgsqlCommand($"""
            load 'auto_explain';
            set auto_explain.log_min_duration = 0; set auto_explain.log_level = notice;
            set auto_explain.log_nested_statements = on;
            set app.company_id = '{account.CompanyId}';
            select find_tasks('{query}', null, 26, null, null, null, null)
            """, connection);
        await command.ExecuteNonQueryAsync();
        return string.Concat(told);
    }

    private static async Task<Guid> AddAsync(Account account, string title, string? description)
        => PracticeSupport.Id(await account.Client.AddTaskAsync(new { title, description }));

    private static Task<List<Guid>> SearchAsync(Account account, string query)
        => account.Client.IdsAsync($"{All}?q={Uri.EscapeDataString(query)}");
}
