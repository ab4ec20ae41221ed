using ScaleHub.Api.Http;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.Idempotency;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Cards;

/// <summary>Packs of cards, drawn so that anybody can check it; the public feed; cards that are sent to their owners.</summary>
public static class CardsModule
{
    /// <summary>The routes under <c>/cards</c>, and <c>/feed</c>.</summary>
    public static void MapCards(this IEndpointRouteBuilder api)
    {
        var open = api.MapGroup("").WithTags("Cards").AllowAnonymous().WithRateLimit(RateLimits.Public);
        open.MapGet("/feed", ListFeed.HandleAsync);
        open.MapGet("/cards/odds", GetOdds.Handle);

        var cards = api.MapGroup("/cards").WithTags("Cards").RequireRole(Roles.Member).WithIdempotency();
        cards.MapGet("/", ListCards.HandleAsync);

        var packs = cards.MapGroup("/packs");
        packs.MapPost("/", OpenPack.HandleAsync).RequireIdempotency().ProducesProblem(409);
        packs.MapGet("/", ListPacks.HandleAsync);
        packs.MapGet("/next", GetNextPack.HandleAsync).InTransaction();
        packs.MapGet("/{id:guid}", GetPack.HandleAsync);

        var shipments = cards.MapGroup("/shipments");
        shipments.MapPost("/", RequestShipment.HandleAsync).ProducesProblem(409);
        shipments.MapGet("/", ListShipments.HandleAsync);
        shipments.MapGet("/{id:guid}", GetShipment.HandleAsync);
        shipments.MapPost("/{id:guid}/cancel", CancelShipment.HandleAsync).ProducesProblem(409);
        shipments.MapGet("/all", ListAllShipments.HandleAsync).RequireRole(Roles.Admin);
        shipments.MapPost("/{id:guid}/status", MoveShipment.HandleAsync).RequireRole(Roles.Admin).ProducesProblem(409);
    }
}
