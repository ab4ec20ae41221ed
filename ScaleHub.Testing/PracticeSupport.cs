using System.Net;
using System.Text.Json;

namespace ScaleHub.Testing;

/// <summary>What tests of the practice need to have in place.</summary>
public static class PracticeSupport
{
    /// <summary>Makes a patient; returns the id.</summary>
    public static async Task<Guid> CreatePatientAsync(this Account account, string name = "Ada")
        => Id(await (await account.Client.PostJsonAsync("/api/v1/patients", new { name })).JsonAsync(HttpStatusCode.Created));

    /// <summary>Makes a product; returns the id.</summary>
    public static async Task<Guid> CreateProductAsync(this Account account, int stock, string sku = "sku-1",
        string currency = "EUR")
        => Id(await (await account.Client.PostJsonAsync("/api/v1/products",
            new { sku, name = $"Product {sku}", priceMinor = 1250, currency, stock }))
            .JsonAsync(HttpStatusCode.Created));

    /// <summary>A POST with an Idempotency-Key.</summary>
    public static async Task<HttpResponseMessage> PostOnceAsync(this HttpClient client, string path, string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Responses.Json(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await client.SendAsync(request);
    }

    public static Guid Id(JsonElement resource) => resource.GetProperty("id").GetGuid();
}
