using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Cards;

/// <summary>Packs of cards, drawn so that anybody can check it; the public feed; cards that are sent to their owners.</summary>
public sealed class CardsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Cards";

    /// <inheritdoc/>
    public string Summary => "Packs of cards, the public feed, and shipments.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Billing", "Identity"];

    /// <inheritdoc/>
    public void AddRouteServices(IServiceCollection services) => services.AddCacheWarming(ListFeed.WarmAsync);

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("cards", Roles.Owner, db => db.Cards, c => c.Id, CardResponse.Projection, c => c.Id)
        .Add("shipments", Roles.Admin, db => db.Shipments, s => s.Id, ShipmentResponse.Projection, s => s.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var open = v1.MapGroup("").AllowAnonymous().WithRateLimit(RateLimits.Public);
        open.MapGet("/feed", ListFeed.HandleAsync);
        open.MapGet("/cards/odds", GetOdds.Handle);

        var cards = v1.MapGroup("/cards").RequireRole(Roles.Member).WithIdempotency();
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

        root.MapFeedPage();
    }
}
