using System.Linq.Expressions;

namespace ScaleHub.Modules.Cards;

/// <summary>A card as its owner sees it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="PackId">The pack that it came in.</param>
/// <param name="Card">Its name in the catalogue.</param>
/// <param name="Tier">How rare it is.</param>
/// <param name="ShipmentId">The shipment that it is in; null while it can be shipped.</param>
/// <param name="CreatedAt">When it was drawn.</param>
public sealed record CardResponse(
    Guid Id, Guid PackId, string Card, CardTier Tier, Guid? ShipmentId, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<UserCard, CardResponse>> Projection =
        c => new(c.Id, c.PackId, c.Card, c.Tier, c.Shipment == null ? null : c.Shipment.ShippingRequestId, c.CreatedAt);
}

/// <summary>A pack in a list.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="CreatedAt">When it was opened.</param>
public sealed record PackSummary(Guid Id, DateTimeOffset CreatedAt);

/// <summary>An opened pack, with all that it takes to draw its cards again.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="AlgorithmVersion">The algorithm and catalogue that drew it.</param>
/// <param name="Seed">The server's part: 64 hexadecimal digits.</param>
/// <param name="ClientSeed">The client's part; empty when it gave none.</param>
/// <param name="Commitment">SHA-256 of the seed, as it was shown before the pack was opened: 64 hexadecimal digits.</param>
/// <param name="Cards">In the order in which they were drawn.</param>
/// <param name="CreatedAt">When it was opened.</param>
public sealed record PackResponse(
    Guid Id, int AlgorithmVersion, string Seed, string ClientSeed, string Commitment, IReadOnlyList<PackCardResponse> Cards,
    DateTimeOffset CreatedAt)
{
    internal static PackResponse From(CardPack pack) => new(
        pack.Id, pack.Algorithm, Convert.ToHexStringLower(pack.Seed), pack.ClientSeed,
        Convert.ToHexStringLower(PackDraw.Commit(pack.Seed)),
        [.. pack.Cards.OrderBy(c => c.Id).Select(c => new PackCardResponse(c.Id, c.Card, c.Tier))], pack.CreatedAt);
}

/// <summary>A card of a pack.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Card">Its name in the catalogue.</param>
/// <param name="Tier">How rare it is.</param>
public sealed record PackCardResponse(Guid Id, string Card, CardTier Tier);

/// <summary>A shipment as who asked for it and the packing room see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="UserId">Who asked for it.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Cards">What is in it; nothing once it is cancelled.</param>
/// <param name="Recipient">1 to 200 characters.</param>
/// <param name="Line1">Street and number.</param>
/// <param name="Line2">More of the address.</param>
/// <param name="City">1 to 100 characters.</param>
/// <param name="PostalCode">1 to 20 characters.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="TrackingCode">The carrier's, once it is shipped.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="UpdatedAt">When it last moved on.</param>
public sealed record ShipmentResponse(
    Guid Id, Guid UserId, ShipmentState Status, IReadOnlyList<PackCardResponse> Cards, string Recipient, string Line1,
    string? Line2, string City, string PostalCode, string Country, string? TrackingCode, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Shipment, ShipmentResponse>> Projection = s => new(
        s.Id, s.UserId, s.Status,
        s.Cards.OrderBy(c => c.CardId).Select(c => new PackCardResponse(c.CardId, c.UserCard.Card, c.UserCard.Tier)).ToList(),
        s.Recipient, s.Line1, s.Line2, s.City, s.PostalCode, s.Country, s.TrackingCode, s.CreatedAt, s.UpdatedAt);

    internal static readonly Func<Shipment, ShipmentResponse> From = Projection.Compile();
}
