using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace ScaleHub.Testing;

/// <summary>Sign-ins and the requests that tests of identity make again and again.</summary>
public static class SignIns
{
    /// <summary>A new session's tokens.</summary>
    public static async Task<(string Access, string Refresh)> SignInAsync(this HttpClient client, string email,
        string password = Account.Password)
        => Tokens(await (await client.PostJsonAsync("/api/v1/auth/login", new { email, password })).JsonAsync(HttpStatusCode.OK));

    public static (string Access, string Refresh) Tokens(JsonElement answer)
        => (answer.GetProperty("accessToken").GetString()!, answer.GetProperty("refreshToken").GetString()!);

    public static Task<HttpResponseMessage> RefreshAsync(this HttpClient client, string refreshToken)
        => client.PostJsonAsync("/api/v1/auth/refresh", new { refreshToken });

    /// <summary>A request with a token.</summary>
    public static async Task<HttpResponseMessage> SendAsync(this HttpClient client, string token, string path,
        HttpMethod? method = null, object? body = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = JsonContent.Create(body);
        return await client.SendAsync(request);
    }

    public static async Task<HttpStatusCode> StatusAsync(this HttpClient client, string token, string path = "/api/v1/sessions")
    {
        using var response = await client.SendAsync(token, path);
        return response.StatusCode;
    }

    /// <summary>The owner adds a user, who signs in.</summary>
    public static async Task<(Guid Id, string Email, string Access, string Refresh)> AddAsync(this Account account, string role)
    {
        var email = Account.NewEmail();
        var added = await (await account.Client.PostJsonAsync("/api/v1/users", new { email, password = Account.Password, role }))
            .JsonAsync(HttpStatusCode.Created);
        var (access, refresh) = await account.Client.SignInAsync(email);
        return (added.GetProperty("id").GetGuid(), email, access, refresh);
    }

    /// <summary>An operator's access token, in the running graph.</summary>
    public static async Task<string> OperatorAsync(this Account account, GraphFixture graph)
        => await account.OperatorAsync(await graph.GetConnectionString("pg"));

    /// <summary>An operator's access token.</summary>
    public static async Task<string> OperatorAsync(this Account account, string owners)
        => (await account.Client.SignInAsync(await account.AddOperatorAsync(owners))).Access;

    /// <summary>The address of a new operator with the account's password. The worker's command makes operators; a test's row does the
    /// same.</summary>
    public static async Task<string> AddOperatorAsync(this Account account, string owners)
    {
        var email = Account.NewEmail();
        await using (var owner = NpgsqlDataSource.Create(owners))
        {
            await using var insert = owner.CreateCommand("""
                with operator as (
                    insert into users (company_id, id, email, password_hash, role)
                    select 'ffffffff-ffff-ffff-ffff-ffffffffffff', gen_random_uuid(), $2, password_hash,
                        'operator' from users where id = $1
                    returning company_id, id)
                insert into logins (email, company_id, user_id) select $2, company_id, id from operator
                """);
            insert.Parameters.Add(new() { Value = account.UserId });
            insert.Parameters.Add(new() { Value = email });
            await insert.ExecuteNonQueryAsync();
        }
        return email;
    }
}
