using System.Net;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

[Collection(ApiTests.Name)]
public sealed class SignInTests(ApiFixture api)
{
    [Fact]
    public async Task Registering_makes_a_company_and_signs_its_owner_in()
    {
        using var client = api.CreateClient();
        var email = Account.NewEmail();
        var registered = await (await client.PostJsonAsync("/api/v1/auth/register", new { companyName = "Acme", email, password = Account.Password }))
            .JsonAsync(HttpStatusCode.Created);

        Assert.Equal("Acme", registered.GetProperty("company").GetProperty("name").GetString());
        Assert.Equal("FREE", registered.GetProperty("company").GetProperty("plan").GetString());
        Assert.Equal(email, registered.GetProperty("user").GetProperty("email").GetString());
        Assert.Equal("owner", registered.GetProperty("user").GetProperty("role").GetString());
        Assert.Equal(900, registered.GetProperty("expiresIn").GetInt32());
        Assert.NotEmpty(registered.GetProperty("refreshToken").GetString()!);
        client.DefaultRequestHeaders.Authorization = new("Bearer", registered.GetProperty("accessToken").GetString());
        await (await client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_password_that_is_changed_during_its_verification_signs_nobody_in()
    {
        using var account = await Account.RegisterAsync(api.Address);
        await using var owner = NpgsqlDataSource.Create(api.Database.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        await using var change = await connection.BeginTransactionAsync();
        await using (var set = new NpgsqlCommand("update users set password_hash = 'another' where id = $1", connection, change))
        {
            set.Parameters.Add(new() { Value = account.UserId });
            await set.ExecuteNonQueryAsync();
        }
        using var client = api.CreateClient();
        var signIn = client.PostJsonAsync("/api/v1/auth/login", new { email = account.Email, password = Account.Password });
        await Poll.UntilAsync(async () => Assert.Equal(["1"], await PostgresServer.QueryAsync(api.Database.Owner, """
            select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%for share%'
            """)));
        await change.CommitAsync();
        await (await signIn).ProblemAsync(HttpStatusCode.Unauthorized);
        // The one of the registration alone.
        Assert.Equal(["1"], await PostgresServer.QueryAsync(
            api.Database.Owner, $"select count(*) from sessions where user_id = '{account.UserId}'"));
    }

    [Fact]
    public async Task Signing_in_works_whatever_the_case_of_the_address()
    {
        using var account = await Account.RegisterAsync(api.Address);
        using var client = api.CreateClient();
        var credentials = new { email = account.Email.ToUpperInvariant(), password = Account.Password };
        using var signedIn = await client.PostJsonAsync("/api/v1/auth/login", credentials);
        Assert.Equal("no-store", $"{signedIn.Headers.CacheControl}");
        var answer = await signedIn.JsonAsync(HttpStatusCode.OK);
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer.GetProperty("accessToken").GetString());
        await (await client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_get_the_same_answer()
    {
        using var account = await Account.RegisterAsync(api.Address);
        using var client = api.CreateClient();
        var wrong = await (await client.PostJsonAsync("/api/v1/auth/login", new { email = account.Email, password = "not the password" }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
        var unknown = await (await client.PostJsonAsync("/api/v1/auth/login", new { email = Account.NewEmail(), password = "not the password" }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal(wrong.GetProperty("detail").GetString(), unknown.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task An_address_registers_once_even_when_many_try_at_the_same_time()
    {
        using var client = api.CreateClient();
        var email = Account.NewEmail();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            client.PostJsonAsync("/api/v1/auth/register", new
            {
                companyName = $"Company {i}",
                email = i % 2 == 0 ? email : email.ToUpperInvariant(),
                password = Account.Password,
            })));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) await refused.ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Signing_in_with_somebody_elses_token_still_in_the_header_works()
    {
        using var first = await Account.RegisterAsync(api.Address);
        using var second = await Account.RegisterAsync(api.Address);
        await (await first.Client.PostJsonAsync("/api/v1/auth/login", new { email = second.Email, password = Account.Password }))
            .JsonAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"companyName":"","email":"a@b.example","password":"long enough"}""", "companyName")]
    [InlineData("""{"companyName":"A","email":"nobody","password":"long enough"}""", "email")]
    [InlineData("""{"companyName":"A","email":"a@b.example","password":"short"}""", "password")]
    [InlineData("""{"companyName":"A\u0000","email":"a@b.example","password":"long enough"}""", "companyName")]
    public async Task A_registration_that_is_not_valid_names_the_member(string body, string member)
    {
        using var client = api.CreateClient();
        var problem = await (await client.PostAsync("/api/v1/auth/register", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.True(problem.GetProperty("errors").TryGetProperty(member, out _), problem.ToString());
    }
}
