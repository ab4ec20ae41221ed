using System.Net;
using System.Net.Http.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

[Collection(ApiTests.Name)]
public sealed class UserTests(ApiFixture api)
{
    [Fact]
    public async Task An_admin_makes_members_and_admins_but_no_owners_and_leaves_owners_alone()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var admin = await account.AddAsync("admin");
        foreach (var (role, expected) in ((string, HttpStatusCode)[])[("member", HttpStatusCode.Created),
            ("owner", HttpStatusCode.Forbidden)])
        {
            using var answer = await account.Client.SendAsync(admin.Access, "/api/v1/users", HttpMethod.Post,
                new { email = Account.NewEmail(), password = Account.Password, role });
            Assert.Equal(expected, answer.StatusCode);
        }
        await (await account.Client.SendAsync(admin.Access, $"/api/v1/users/{admin.Id}", HttpMethod.Patch,
            new { role = "owner" })).ProblemAsync(HttpStatusCode.Forbidden);
        await (await account.Client.SendAsync(admin.Access, $"/api/v1/users/{account.UserId}", HttpMethod.Patch,
            new { role = "member" })).ProblemAsync(HttpStatusCode.Forbidden);
        await (await account.Client.SendAsync(admin.Access, $"/api/v1/users/{account.UserId}", HttpMethod.Delete))
            .ProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Who_makes_many_users_at_once_keeps_no_connection_from_others()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var client = account.Client;
        var making = Enumerable.Range(0, 60).Select(_ => client.PostJsonAsync(
            "/api/v1/users", new { email = Account.NewEmail(), password = Account.Password })).ToList();
        var most = 0;
        // Asked of the server: what the API tells of its pool is the pools of that name in this process, those of other tests too.
        while (!making.TrueForAll(m => m.IsCompleted))
            most = Math.Max(most, int.Parse(Assert.Single(await PostgresServer.QueryAsync(api.Database.Owner, """
                select count(*) from pg_stat_activity
                where datname = current_database() and usename = 'scalehub_app' and state <> 'idle'
                """)), null));
        // They wait for their passwords' hashes, one or two at a time, without a connection; those that have theirs use one.
        Assert.InRange(most, 1, 10);
        foreach (var answer in await Task.WhenAll(making))
            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Forbidden]);
    }

    [Fact]
    public async Task Ten_users_at_once_at_one_below_the_plans_limit_admit_one_and_removing_one_gives_the_place_back()
    {
        using var account = await Account.RegisterAsync(api.Address);
        await account.AddAsync("member");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AddAsync()));
        var added = await Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created).JsonAsync(HttpStatusCode.Created);
        foreach (var answer in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
        {
            var problem = await answer.ProblemAsync(HttpStatusCode.Forbidden);
            Assert.Equal(("users", 3, 3), (problem.GetProperty("resource").GetString(),
                problem.GetProperty("limit").GetInt32(), problem.GetProperty("used").GetInt32()));
        }
        using var removed = await account.Client.DeleteAsync($"/api/v1/users/{added.GetProperty("id").GetGuid()}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await AddAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await AddAsync()).StatusCode);

        Task<HttpResponseMessage> AddAsync()
            => account.Client.PostJsonAsync("/api/v1/users", new { email = Account.NewEmail(), password = Account.Password });
    }

    [Theory]
    [InlineData(" owner@company.example")]
    [InlineData("owner@company.example ")]
    [InlineData("the owner@company.example")]
    [InlineData("owner@company.example\u00a0")]
    public async Task An_address_with_blanks_is_refused(string email)
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.PostJsonAsync("/api/v1/users", new { email, password = Account.Password }))
            .ProblemAsync(HttpStatusCode.BadRequest);
        await (await account.Client.PostJsonAsync("/api/v1/auth/register", new { companyName = "A", email, password = Account.Password }))
            .ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_last_owner_stays_even_when_two_owners_remove_each_other_at_the_same_time()
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.DeleteAsync($"/api/v1/users/{account.UserId}")).ProblemAsync(HttpStatusCode.Conflict);
        await (await account.Client.PatchAsJsonAsync($"/api/v1/users/{account.UserId}", new { role = "member" }))
            .ProblemAsync(HttpStatusCode.Conflict);

        var second = await account.AddAsync("owner");
        var answers = await Task.WhenAll(
            account.Client.SendAsync(second.Access, $"/api/v1/users/{account.UserId}", HttpMethod.Delete),
            account.Client.SendAsync(account.AccessToken, $"/api/v1/users/{second.Id}", HttpMethod.Patch,
                new { role = "member" }));
        Assert.Single(answers, a => a.IsSuccessStatusCode);
        Assert.Equal(["1"], await PostgresServer.QueryAsync(api.Database.Owner,
            $"select count(*) from users where company_id = '{account.CompanyId}' and role = 'owner' and deleted_at is null"));
    }

    [Fact]
    public async Task A_removed_user_is_not_listed_keeps_what_was_done_and_frees_the_address()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var member = await account.AddAsync("member");
        await (await account.Client.SendAsync(member.Access, "/api/v1/tasks", HttpMethod.Post,
            new { title = "Done by somebody" })).JsonAsync(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/users/{member.Id}")).StatusCode);
        await (await account.Client.DeleteAsync($"/api/v1/users/{member.Id}")).ProblemAsync(HttpStatusCode.NotFound);

        var users = (await (await account.Client.GetAsync("/api/v1/users")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray();
        Assert.Equal([account.UserId], users.Select(u => u.GetProperty("id").GetGuid()));
        var tasks = (await (await account.Client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray();
        Assert.Equal([member.Id], tasks.Select(t => t.GetProperty("createdBy").GetGuid()));
        await (await account.Client.PostJsonAsync("/api/v1/users", new { email = member.Email, password = Account.Password }))
            .JsonAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Users_of_another_company_do_not_exist()
    {
        using var account = await Account.RegisterAsync(api.Address);
        using var stranger = await Account.RegisterAsync(api.Address);
        await (await account.Client.DeleteAsync($"/api/v1/users/{stranger.UserId}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await account.Client.PatchAsJsonAsync($"/api/v1/users/{stranger.UserId}", new { role = "member" }))
            .ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"email":"nobody","password":"long enough"}""")]
    [InlineData("""{"email":"a@b.example","password":"short"}""")]
    [InlineData("""{"email":"a@b.example","password":"long enough","role":"operator"}""")]
    [InlineData("""{"email":"a@b.example","password":"long enough","role":null}""")]
    [InlineData("""{"email":"a\u0000@b.example","password":"long enough"}""")]
    [InlineData("""{}""")]
    public async Task A_user_that_is_not_valid_is_400_and_changes_nothing(string body)
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.PostAsync("/api/v1/users", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Single((await (await account.Client.GetAsync("/api/v1/users")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray());
    }
}
