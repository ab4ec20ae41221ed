using Microsoft.AspNetCore.Http.HttpResults;

namespace ScaleHub.Modules.Cards;

/// <summary>How packs are drawn.</summary>
/// <param name="AlgorithmVersion">Of algorithm and catalogue together; each pack says which one drew it.</param>
/// <param name="Algorithm">Its name; docs/cards.md has it in full.</param>
/// <param name="CardsPerPack">How many are drawn, each independently.</param>
/// <param name="TotalWeight">Sum of the tiers' weights.</param>
/// <param name="Tiers">Weights and cards, in the order that the algorithm counts them.</param>
public sealed record GetOddsResponse(
    int AlgorithmVersion, string Algorithm, int CardsPerPack, int TotalWeight, IReadOnlyList<TierOdds> Tiers);

/// <summary><c>GET /api/v1/cards/odds</c>: public.</summary>
public static class GetOdds
{
    private static readonly GetOddsResponse Odds =
        new(PackDraw.Version, PackDraw.Algorithm, PackDraw.Cards, CardCatalogue.TotalWeight, CardCatalogue.Tiers);

    /// <summary>Reads how likely each card is.</summary>
    public static Ok<GetOddsResponse> Handle() => TypedResults.Ok(Odds);
}
