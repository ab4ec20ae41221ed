using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace ScaleHub.Tests.Support;

/// <summary>A company of its own for a test, and its owner's HTTP client: tests that share a graph do not share data.</summary>
internal sealed class Account : IDisposable
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

    public void Dispose() => Client.Dispose();
}
