using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>Keys for machines: what they may do, and that they end when they should.</summary>
[Collection(ApiTests.Name)]
public sealed class ApiKeyTests(ApiFixture api)
{
    [Fact]
    public async Task A_key_does_what_its_role_may_in_its_company_and_nothing_that_is_for_people()
    {
        using var owner = await api.RegisterAsync();
        var (member, admin) = (await CreateAsync(owner, "member"), await CreateAsync(owner, "admin"));
        var made = await (await api.Client.SendAsync(member.Key, "/api/v1/tasks", HttpMethod.Post, new { title = "By a machine" }))
            .JsonAsync(HttpStatusCode.Created);
        Assert.Equal(owner.UserId, made.GetProperty("createdBy").GetGuid());
        Assert.Equal(HttpStatusCode.Forbidden, await api.Client.StatusAsync(member.Key, "/api/v1/users"));
        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(admin.Key, "/api/v1/users"));
        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(admin.Key, "/api/v1/jobs"));
        Assert.Equal(HttpStatusCode.Forbidden, await api.Client.StatusAsync(admin.Key, "/api/admin/jobs"));

        foreach (var (method, path, body) in new (HttpMethod, string, object?)[]
        {
            (HttpMethod.Get, "/api/v1/sessions", null), (HttpMethod.Post, "/api/v1/auth/logout", null),
            (HttpMethod.Post, "/api/v1/users", new { email = Account.NewEmail(), password = Account.Password }),
            (HttpMethod.Delete, $"/api/v1/users/{owner.UserId}", null),
            (HttpMethod.Post, "/api/v1/invitations", new { email = Account.NewEmail() }),
            (HttpMethod.Post, "/api/v1/api-keys", new { name = "another" }), (HttpMethod.Get, "/api/v1/api-keys", null),
            (HttpMethod.Put, "/api/v1/account/password", new { currentPassword = Account.Password, newPassword = "wrong donkey charger" }),
        })
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, (await api.Client.SendAsync(admin.Key, path, method, body)).StatusCode));
    }

    [Fact]
    public async Task A_key_is_shown_once_and_what_is_kept_cannot_be_used()
    {
        using var owner = await api.RegisterAsync();
        var key = await CreateAsync(owner, "member");
        Assert.StartsWith("shk_", key.Key, StringComparison.Ordinal);
        var list = await owner.Client.GetStringAsync("/api/v1/api-keys");
        Assert.DoesNotContain(key.Key[40..], list, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Key[40..], string.Concat(await PostgresServer.QueryAsync(
            api.Database.Owner, $"select k::text from api_keys k where id = '{key.Id}'")), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, JsonSerializer.Deserialize<JsonElement>(list).GetProperty("items")[0].GetProperty("lastUsedAt").ValueKind);
        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(key.Key, "/api/v1/tasks"));
        await Poll.UntilAsync(async () => Assert.NotEqual(JsonValueKind.Null, (await owner.Client.GetFromJsonAsync<JsonElement>("/api/v1/api-keys"))
            .GetProperty("items")[0].GetProperty("lastUsedAt").ValueKind));
    }

    [Fact]
    public async Task A_key_that_is_revoked_expired_changed_or_made_up_is_401()
    {
        using var owner = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var (revoked, expired, kept) = (await CreateAsync(owner, "member"), await CreateAsync(owner, "member"), await CreateAsync(owner, "member"));
        foreach (var key in new[] { revoked, expired, kept }) Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(key.Key, "/api/v1/tasks"));

        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Client.DeleteAsync($"/api/v1/api-keys/{kept.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"/api/v1/api-keys/{revoked.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await api.Client.StatusAsync(revoked.Key, "/api/v1/tasks"));
        await api.ExecuteAsync($"update api_keys set expires_at = now() where id = '{expired.Id}'");
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.Unauthorized, await api.Client.StatusAsync(expired.Key, "/api/v1/tasks")), seconds: 30);

        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(kept.Key, "/api/v1/tasks"));
        foreach (var wrong in new[]
        {
            kept.Key[..^1], kept.Key + "A", kept.Key[..^1] + (kept.Key[^1] == 'A' ? 'B' : 'A'), "shk_", "shk_" + new string('A', 107),
            kept.Key[..60] + revoked.Key[60..], "SHK_" + kept.Key[4..],
        })
            Assert.Equal(HttpStatusCode.Unauthorized, await api.Client.StatusAsync(wrong, "/api/v1/tasks"));
    }

    [Fact]
    public async Task A_key_may_no_more_than_its_maker_and_ends_with_him()
    {
        using var owner = await api.RegisterAsync();
        var maker = await owner.AddAsync("admin");
        var key = await CreateAsync(owner, "admin", maker.Access);
        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(key.Key, "/api/v1/users"));
        (await owner.Client.PatchAsJsonAsync($"/api/v1/users/{maker.Id}", new { role = "member" })).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.Forbidden, await api.Client.StatusAsync(key.Key, "/api/v1/users"));
        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(key.Key, "/api/v1/tasks"));
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"/api/v1/users/{maker.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await api.Client.StatusAsync(key.Key, "/api/v1/tasks"));
    }

    [Theory]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":"x","role":"owner"}""")]
    [InlineData("""{"name":"x","role":"operator"}""")]
    [InlineData("""{"name":"x","expiresInDays":0}""")]
    [InlineData("""{"name":"x","expiresInDays":3651}""")]
    public async Task What_no_key_can_be_is_400(string body)
    {
        using var owner = await api.RegisterAsync();
        await (await owner.Client.PostAsync("/api/v1/api-keys", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(0, (await owner.Client.GetFromJsonAsync<JsonElement>("/api/v1/api-keys")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Of_ten_who_make_the_hundredth_key_at_once_one_gets_it()
    {
        using var owner = await api.RegisterAsync();
        await api.ExecuteAsync($"""
            insert into api_keys (company_id, id, name, role, key_hash, created_by)
            select '{owner.CompanyId}', gen_random_uuid(), 'k', 'member', sha256(n::text::bytea), '{owner.UserId}' from generate_series(1, 99) n
            """);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => owner.Client.PostAsync("/api/v1/api-keys", Responses.Json("""{"name":"k"}"""))));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(9, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
    }

    private static async Task<(Guid Id, string Key)> CreateAsync(Account owner, string role, string? token = null)
    {
        var made = await (await owner.Client.SendAsync(token ?? owner.AccessToken, "/api/v1/api-keys", HttpMethod.Post, new { name = "Import", role }))
            .JsonAsync(HttpStatusCode.Created);
        return (made.GetProperty("id").GetGuid(), made.GetProperty("key").GetString()!);
    }
}
