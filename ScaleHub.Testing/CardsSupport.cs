using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ScaleHub.Testing;

/// <summary>What tests of cards do again and again.</summary>
public static class CardsSupport
{
    public const string Packs = "/api/v1/cards/packs", Shipments = "/api/v1/cards/shipments";

    /// <summary>A POST that opens a pack.</summary>
    public static Task<HttpResponseMessage> PostPackAsync(this HttpClient client, string body = "{}", string? key = null)
        => client.PostOnceAsync(Packs, key ?? Guid.NewGuid().ToString(), body);

    /// <summary>Opens a pack; returns the answer.</summary>
    public static async Task<JsonElement> OpenPackAsync(this HttpClient client, string body = "{}")
        => await (await client.PostPackAsync(body)).JsonAsync(HttpStatusCode.Created);

    /// <summary>Opens a pack; returns the ids of its five cards.</summary>
    public static async Task<Guid[]> DrawCardsAsync(this HttpClient client)
        => [.. (await client.OpenPackAsync()).GetProperty("pack").Items("cards").Select(PracticeSupport.Id)];

    /// <summary>Asks for cards to be sent.</summary>
    public static Task<HttpResponseMessage> PostShipmentAsync(this HttpClient client, params Guid[] cardIds)
        => client.PostJsonAsync(Shipments, new
        {
            cardIds,
            recipient = "Ada Lovelace",
            line1 = "12 St James's Square",
            city = "London",
            postalCode = "SW1Y 4JH",
            country = "GB",
        });

    /// <summary>Asks for a card to be sent; returns the shipment's id.</summary>
    public static async Task<Guid> ShipAsync(this HttpClient client, params Guid[] cardIds)
        => PracticeSupport.Id(await (await client.PostShipmentAsync(cardIds)).JsonAsync(HttpStatusCode.Created));

    /// <summary>Moves a shipment on, with a tracking code where there must be one.</summary>
    public static Task<HttpResponseMessage> MoveAsync(this HttpClient client, Guid shipment, string status)
        => client.PostJsonAsync($"{Shipments}/{shipment}/status",
            new { status, trackingCode = status == "shipped" ? "TRACK-1" : null });

    public static Task<JsonElement> ReadAsync(this HttpClient client, string path) => client.GetFromJsonAsync<JsonElement>(path);

    public static JsonElement[] Items(this JsonElement answer, string name = "items")
        => [.. answer.GetProperty(name).EnumerateArray()];

    public static string Text(this JsonElement answer, string name) => answer.GetProperty(name).GetString()!;
}
