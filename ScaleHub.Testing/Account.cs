using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace ScaleHub.Testing;

/// <summary>A company of its own for a test, and its owner's HTTP client: tests that share a graph do not share data.</summary>
public sealed class Account : IDisposable
{
    public const string Password = "correct horse battery";

    private Account(HttpClient client, JsonElement registered, string email)
    {
        Client = client;
        Email = email;
        CompanyId = registered.GetProperty("company").GetProperty("id").GetGuid();
        UserId = registered.GetProperty("user").GetProperty("id").GetGuid();
        client.DefaultRequestHeaders.Authorization = new("Bearer", AccessToken = registered.GetProperty("accessToken").GetString()!);
    }

    public HttpClient Client { get; }

    public string AccessToken { get; }

    public string Email { get; }

    public Guid CompanyId { get; }

    public Guid UserId { get; }

    /// <summary>Registers a company at <paramref name="address"/>.</summary>
    public static async Task<Account> RegisterAsync(Uri address)
    {
        var client = new HttpClient { BaseAddress = address };
        var email = NewEmail();
        var response = await client.PostAsJsonAsync("/api/v1/auth/register", new { companyName = "Test Company", email, password = Password });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return new(client, await response.Content.ReadFromJsonAsync<JsonElement>(), email);
    }

    public static string NewEmail() => $"owner-{Guid.NewGuid():N}@company.example";

    /// <summary>The same user through another address.</summary>
    public HttpClient At(Uri address)
    {
        var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
        return client;
    }

    /// <summary>Makes a task; returns its id.</summary>
    public async Task<Guid> CreateTaskAsync(string title, string status = "todo")
    {
        var response = await Client.PostAsJsonAsync("/api/v1/tasks", new { title, status });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    /// <summary>Another user of the company, signed in, who has written nothing else.</summary>
    public async Task<HttpClient> ColleagueAsync(GraphFixture graph)
        => await ColleagueAsync(await graph.GetConnectionString("pg"));

    /// <summary>The same, with the connection string of the database's owner.</summary>
    public async Task<HttpClient> ColleagueAsync(string ownerConnectionString)
    {
        var email = NewEmail();
        await using (var owner = NpgsqlDataSource.Create(ownerConnectionString))
        {
            await using var insert = owner.CreateCommand("""
                with colleague as (
                    insert into users (company_id, id, email, password_hash, role)
                    select company_id, gen_random_uuid(), $2, password_hash, 'member' from users where id = $1
                    returning company_id, id)
                insert into logins (email, company_id, user_id) select $2, company_id, id from colleague
                """);
            insert.Parameters.Add(new() { Value = UserId });
            insert.Parameters.Add(new() { Value = email });
            await insert.ExecuteNonQueryAsync();
        }
        var client = new HttpClient { BaseAddress = Client.BaseAddress };
        var signedIn = await (await client.PostJsonAsync("/api/v1/auth/login", new { email, password = Password })).JsonAsync(HttpStatusCode.OK);
        client.DefaultRequestHeaders.Authorization = new("Bearer", signedIn.GetProperty("accessToken").GetString());
        return client;
    }

    public void Dispose() => Client.Dispose();
}
