using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Events;

namespace ScaleHub.Modules.Webhooks;

/// <summary>Of what a company can hear.</summary>
/// <param name="Items">Every kind of event.</param>
public sealed record ListEventTypesResponse(IReadOnlyList<EventTypeResponse> Items);

/// <summary>A kind of event.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Summary">When it happens.</param>
/// <param name="Example">What is sent: the body of a call.</param>
public sealed record EventTypeResponse(string Type, string Summary, JsonElement Example);

/// <summary><c>GET /api/v1/webhooks/events</c>: the catalogue, which changes with the program alone.</summary>
public static class ListEventTypes
{
    private static readonly DateTimeOffset At = new(2027, 3, 1, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Lists the kinds of events, with an example of what is sent for each.</summary>
    public static Ok<ListEventTypesResponse> Handle(EventCatalogue catalogue)
        => TypedResults.Ok(new ListEventTypesResponse([.. catalogue.Types.Select(t => new EventTypeResponse(
            t.Name, t.Summary, JsonDocument.Parse(WebhookListener.Body(t.Name, At, t.Example.GetRawText())).RootElement))]));
}
