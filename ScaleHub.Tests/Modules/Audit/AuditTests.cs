using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Audit;

[Collection(ApiTests.Name)]
public sealed class AuditTests(ApiFixture api)
{
    [Fact]
    public async Task The_log_tells_who_changed_what_from_what_to_what()
    {
        using var account = await api.RegisterAsync();
        var id = await account.CreateTaskAsync("Call Bob");
        await (await account.Client.PatchAsJsonAsync(
            $"/api/v1/tasks/{id}", new { title = "Call Eve", status = "doing", description = (string?)null })).JsonAsync(HttpStatusCode.OK);
        // Changes nothing, and so has no entry.
        await (await account.Client.PatchAsJsonAsync($"/api/v1/tasks/{id}", new { title = "Call Eve" })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/tasks/{id}")).StatusCode);

        var entries = await ListAsync(account.Client, $"subject={id}");
        Assert.Equal(["task.deleted", "task.updated", "task.created"], entries.Select(Action));
        Assert.All(entries, e => Assert.Equal((account.UserId, "user"), (e.GetProperty("userId").GetGuid(), e.GetProperty("actor").GetString())));
        AssertJson("""{"title":{"from":"Call Bob","to":"Call Eve"},"status":{"from":"todo","to":"doing"}}""", entries[1].GetProperty("changes"));
        var (made, gone) = (entries[2].GetProperty("changes"), entries[0].GetProperty("changes"));
        Assert.Equal("Call Bob", made.GetProperty("title").GetProperty("to").GetString());
        Assert.Equal("Call Eve", gone.GetProperty("title").GetProperty("from").GetString());
        Assert.False(made.GetProperty("title").TryGetProperty("from", out _));
        Assert.False(made.TryGetProperty("companyId", out _));
    }

    [Fact]
    public async Task The_entries_of_concurrent_changes_make_one_chain()
    {
        using var account = await api.RegisterAsync();
        var id = await account.CreateTaskAsync("0");
        await Task.WhenAll(Enumerable.Range(1, 12).Select(async i =>
            await (await account.Client.PatchAsJsonAsync($"/api/v1/tasks/{id}", new { title = $"{i}" })).JsonAsync(HttpStatusCode.OK)));
        var titles = (await ListAsync(account.Client, $"subject={id}&action=task.updated&limit=100"))
            .ConvertAll(e => e.GetProperty("changes").GetProperty("title"));
        Assert.Equal(12, titles.Count);
        titles.Reverse();
        Assert.Equal("0", titles[0].GetProperty("from").GetString());
        foreach (var (before, after) in titles.Zip(titles.Skip(1)))
            Assert.Equal(before.GetProperty("to").GetString(), after.GetProperty("from").GetString());
    }

    [Fact]
    public async Task A_request_that_is_repeated_by_its_key_has_one_entry()
    {
        using var account = await api.RegisterAsync();
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks") { Content = JsonContent.Create(new { title = "once" }) };
            request.Headers.Add("Idempotency-Key", "the-same-key-for-all-of-them");
            await (await account.Client.SendAsync(request)).JsonAsync(HttpStatusCode.Created);
        }
        Assert.Single(await ListAsync(account.Client, "action=task.created"));
    }

    [Fact]
    public async Task A_bulk_deletion_has_an_entry_for_each_task()
    {
        using var account = await api.RegisterAsync();
        Guid[] ids = [await account.CreateTaskAsync("a"), await account.CreateTaskAsync("b"), await account.CreateTaskAsync("c")];
        await (await account.Client.PostJsonAsync("/api/v1/tasks/bulk-delete", new { ids })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(ids.Order(), (await ListAsync(account.Client, "action=task.deleted")).Select(e => e.GetProperty("subjectId").GetGuid()).Order());
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged_and_refuses_what_is_no_filter()
    {
        using var account = await api.RegisterAsync();
        var (colleague, _, token, _) = await account.AddAsync(Roles.Member);
        await account.CreateTaskAsync("mine");
        await (await account.Client.SendAsync(token, "/api/v1/tasks", HttpMethod.Post, new { title = "hers" })).JsonAsync(HttpStatusCode.Created);

        var all = await ListAsync(account.Client, "limit=100");
        Assert.Equal(all.Select(Id).OrderDescending(), all.Select(Id));
        Assert.Equal(["task.created", "user.signed_in"], (await ListAsync(account.Client, $"user={colleague}")).Select(Action));
        Assert.Equal(2, (await ListAsync(account.Client, "action=task.")).Count);
        Assert.Single(await ListAsync(account.Client, $"action=task.created&user={colleague}"));
        Assert.Empty(await ListAsync(account.Client, "action=tas."));

        // A time is the bound of its millisecond: from it on, and before it.
        var middle = Uri.EscapeDataString(Time(all[all.Count / 2]));
        var (after, before) = (await ListAsync(account.Client, $"from={middle}&limit=100"), await ListAsync(account.Client, $"to={middle}&limit=100"));
        Assert.Equal(all.Select(Id), after.Concat(before).Select(Id));
        Assert.Contains(Id(all[all.Count / 2]), after.Select(Id));
        Assert.Empty(await ListAsync(account.Client, "to=1900-01-01T00:00:00Z"));
        Assert.Empty(await ListAsync(account.Client, "from=9999-12-31T23:59:59Z"));

        List<string> paged = [];
        for (var next = "/api/v1/audit?limit=2"; next is not null;)
        {
            var page = await account.Client.GetFromJsonAsync<JsonElement>(next);
            paged.AddRange(page.GetProperty("items").EnumerateArray().Select(Id));
            next = page.GetProperty("page").GetProperty("nextCursor").GetString() is { } cursor ? $"/api/v1/audit?limit=2&cursor={cursor}" : null;
        }
        Assert.Equal(all.Select(Id), paged);

        foreach (var wrong in (string[])["action=task", "action=.", "action=Task.updated", "action=task.%25", "subject=x", "from=yesterday"])
            await (await account.Client.GetAsync($"/api/v1/audit?{wrong}")).ProblemAsync(HttpStatusCode.BadRequest);
        // A cursor belongs to its filter.
        var first = await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=2");
        await (await account.Client.GetAsync($"/api/v1/audit?action=task.&cursor={first.GetProperty("page").GetProperty("nextCursor").GetString()}"))
            .ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Admins_read_their_companys_log_and_operators_that_of_any()
    {
        using var account = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var id = await account.CreateTaskAsync("mine");
        var (_, _, member, _) = await account.AddAsync(Roles.Member);
        var (_, _, admin, _) = await account.AddAsync(Roles.Admin);
        Assert.Equal(HttpStatusCode.Forbidden, await account.Client.StatusAsync(member, "/api/v1/audit"));
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(admin, "/api/v1/audit"));
        Assert.Empty(await ListAsync(stranger.Client, $"subject={id}"));
        var path = $"/api/admin/audit/{account.CompanyId}";
        Assert.Equal(HttpStatusCode.Forbidden, (await account.Client.GetAsync(path)).StatusCode);

        var operatorToken = await account.OperatorAsync(api.Database.Owner);
        var seen = await (await account.Client.SendAsync(operatorToken, $"{path}?subject={id}&limit=1")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal("task.created", Action(Assert.Single(seen.GetProperty("items").EnumerateArray())));
    }

    [Fact]
    public async Task What_a_key_does_names_the_key()
    {
        using var account = await api.RegisterAsync();
        var key = await (await account.Client.PostJsonAsync("/api/v1/api-keys", new { name = "till", role = "member" })).JsonAsync(HttpStatusCode.Created);
        await (await account.Client.SendAsync(key.GetProperty("key").GetString()!, "/api/v1/tasks", HttpMethod.Post, new { title = "by a machine" }))
            .JsonAsync(HttpStatusCode.Created);
        var entry = Assert.Single(await ListAsync(account.Client, "action=task.created"));
        Assert.Equal(("apiKey", account.UserId, Id(key)),
            (entry.GetProperty("actor").GetString(), entry.GetProperty("userId").GetGuid(), entry.GetProperty("apiKeyId").GetString()));
    }

    [Fact]
    public async Task The_life_of_an_account_is_told_and_no_secret_is()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        var client = account.Client;
        List<string> secrets = [Account.Password, account.AccessToken, "a better password", "not the password"];
        var (bob, email, access, refresh) = await account.AddAsync(Roles.Member);
        var next = SignIns.Tokens(await (await client.RefreshAsync(refresh)).JsonAsync(HttpStatusCode.OK));
        secrets.AddRange([access, refresh, next.Access, next.Refresh]);
        for (var i = 0; i < 3; i++)
            await (await client.PostJsonAsync("/api/v1/auth/login", new { email, password = "not the password" })).ProblemAsync(HttpStatusCode.Unauthorized);
        var other = await client.SignInAsync(email);
        Assert.Equal(HttpStatusCode.NoContent, (await client.SendAsync(other.Access, "/api/v1/account/password", HttpMethod.Put,
            new { currentPassword = Account.Password, newPassword = "a better password" })).StatusCode);
        await (await client.PatchAsJsonAsync($"/api/v1/users/{bob}", new { role = "admin" })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/v1/users/{bob}")).StatusCode);
        await (await client.PostJsonAsync("/api/v1/invitations", new { email = Account.NewEmail() })).JsonAsync(HttpStatusCode.Created);
        var key = await (await client.PostJsonAsync("/api/v1/api-keys", new { name = "till" })).JsonAsync(HttpStatusCode.Created);
        secrets.Add(key.GetProperty("key").GetString()!);
        await (await client.PatchAsJsonAsync("/api/v1/company", new { name = "Acme" })).JsonAsync(HttpStatusCode.OK);
        using var pack = new HttpRequestMessage(HttpMethod.Post, "/api/v1/cards/packs") { Content = JsonContent.Create(new { clientSeed = "0123456789-my-seed" }) };
        pack.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        await (await client.SendAsync(pack)).JsonAsync(HttpStatusCode.Created);
        secrets.AddRange(await HeldSecretsAsync(account.CompanyId));
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/v1/api-keys/{Id(key)}")).StatusCode);

        var log = await ListAsync(client, "limit=100");
        Assert.Superset(
            new HashSet<string>
            {
                "api_key.created", "api_key.revoked", "card_pack.created", "company.created", "company.updated", "invitation.created",
                "session.ended", "user.created", "user.password_changed", "user.removed", "user.role_changed", "user.sign_in_failed",
                "user.signed_in",
            },
            log.Select(Action).ToHashSet());
        Assert.InRange(log.Count(e => Action(e) == "user.sign_in_failed"), 1, 2);
        Assert.Equal("system", log.First(e => Action(e) == "user.sign_in_failed").GetProperty("actor").GetString());
        AssertJson("""{"passwordHash":{"changed":true}}""", log.Single(e => Action(e) == "user.password_changed").GetProperty("changes"));
        AssertJson("""{"role":{"from":"member","to":"admin"}}""", log.Single(e => Action(e) == "user.role_changed").GetProperty("changes"));
        AssertJson("""{"name":{"from":"Test Company","to":"Acme"}}""",
            log.Single(e => Action(e) == "company.updated").GetProperty("changes"));

        var text = string.Join('\n', await PostgresServer.QueryAsync(
            api.Database.Owner, $"select a::text from audit_log a where company_id = '{account.CompanyId}'"));
        Assert.True(secrets.Count > 15, "the secrets were not found");
        Assert.DoesNotContain(secrets, s => text.Contains(s, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Every value of a column that is bytes, or is named for a secret, in the three ways in which it could be written.</summary>
    private async Task<List<string>> HeldSecretsAsync(Guid company)
    {
        var columns = await PostgresServer.QueryAsync(api.Database.Owner, """
            select concat_ws(' ', c.table_name, c.column_name, c.data_type) from information_schema.columns c
            join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace
            where c.table_schema = 'public' and t.relkind in ('r', 'p') and not t.relispartition
                and (c.data_type = 'bytea' or (c.data_type = 'text' and c.column_name ~ 'hash|secret|token|password|seed'))
                and exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'company_id')
            """);
        Assert.Contains("users password_hash text", columns);
        Assert.Contains("api_keys key_hash bytea", columns);
        return await PostgresServer.QueryAsync(api.Database.Owner, string.Join(" union all ",
            from column in columns.ConvertAll(c => c.Split(' '))
            from form in column[2] == "bytea" ? (string[])[$"encode({column[1]}, 'hex')", $"encode({column[1]}, 'base64')"] : [column[1]]
            select $"select {form} from {column[0]} where company_id = '{company}' and length({form}) > 8"));
    }

    private static async Task<List<JsonElement>> ListAsync(HttpClient client, string query)
        => [.. (await (await client.GetAsync($"/api/v1/audit?{query}")).JsonAsync(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()];

    private static string Action(JsonElement entry) => entry.GetProperty("action").GetString()!;

    private static string Id(JsonElement entry) => entry.GetProperty("id").GetString()!;

    private static string Time(JsonElement entry) => entry.GetProperty("createdAt").GetString()!;

    private static void AssertJson(string expected, JsonElement actual)
        => Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(expected).RootElement, actual), actual.ToString());
}
