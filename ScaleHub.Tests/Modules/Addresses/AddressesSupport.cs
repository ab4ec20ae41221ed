using System.Net;
using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Addresses;

/// <summary>What tests of addresses ask again and again.</summary>
internal static class AddressesSupport
{
    public const string Address = """
        {"name":"Ada Example","line1":"1 High Street","city":"Bath","postalCode":"BA1 1AA","country":"GB"}
        """;

    public const string Recipient = """
        {"recipient":"Ada Example","line1":"2 Low Street","city":"Bath","postalCode":"BA1 1AA","country":"GB"}
        """;

    /// <summary>An address of the caller.</summary>
    public static async Task<JsonElement> CreateAddressAsync(this HttpClient client)
        => await (await client.PostOnceAsync("/api/v1/addresses", $"{Guid.NewGuid()}", Address))
            .JsonAsync(HttpStatusCode.Created);

    /// <summary>A letter for the address; the caller is the mail room.</summary>
    public static async Task<Guid> ReceiveAsync(this HttpClient mailRoom, JsonElement address, string body = "{}")
        => PracticeSupport.Id(await (await mailRoom.PostOnceAsync(MailOf(address), $"{Guid.NewGuid()}", body))
            .JsonAsync(HttpStatusCode.Created));

    /// <summary>A request to send it on.</summary>
    public static async Task<Guid> ForwardAsync(this HttpClient owner, Guid item)
        => PracticeSupport.Id(await (await owner.AskToForwardAsync(item)).JsonAsync(HttpStatusCode.Created));

    public static Task<HttpResponseMessage> AskToForwardAsync(this HttpClient owner, Guid item)
        => owner.PostAsync($"/api/v1/mail-items/{item}/forwardings", Responses.Json(Recipient));

    public static Task<HttpResponseMessage> MoveAsync(
        this HttpClient mailRoom, Guid forwarding, string status, string? trackingCode = null)
        => mailRoom.PostAsync($"/api/v1/forwardings/{forwarding}/status", Responses.Json(
            trackingCode is null
                ? $$"""{"status":"{{status}}"}"""
                : $$"""{"status":"{{status}}","trackingCode":"{{trackingCode}}"}"""));

    public static async Task<string?> StatusAsync(this HttpClient client, string path)
        => (await (await client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("status").GetString();

    public static string MailOf(JsonElement address) => $"/api/v1/addresses/{PracticeSupport.Id(address)}/mail-items";

    /// <summary>What the company was charged for, as <c>code subject</c>.</summary>
    public static async Task<List<string>> ChargesAsync(this ApiFixture api, Account account)
        => await PostgresServer.QueryAsync(api.Database.Owner, $"""
            select price_code || ' ' || subject_id from usage_charges where company_id = '{account.CompanyId}' order by id, price_code
            """);
}
