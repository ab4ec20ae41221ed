namespace ScaleHub.Modules.Cards;

/// <summary>A tier's share in what is drawn, and its cards, each as likely as the others.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Weight">So many of <see cref="CardCatalogue.TotalWeight"/> draws are of this tier.</param>
/// <param name="Cards">In the order that the algorithm counts them.</param>
public sealed record TierOdds(CardTier Tier, int Weight, IReadOnlyList<string> Cards);

/// <summary>
/// The cards that there are, and how likely each is. Published, weights and order included: both are part of the algorithm of
/// <see cref="PackDraw"/>. Whoever changes anything here keeps this version for the packs that it drew, and makes a new one.
/// </summary>
public static class CardCatalogue
{
    /// <summary>Sum of the tiers' weights.</summary>
    public const int TotalWeight = 10_000;

    /// <summary>Tiers in the order that the algorithm counts them.</summary>
    public static IReadOnlyList<TierOdds> Tiers { get; } =
    [
        new(CardTier.Common, 6_000,
        [
            "Blackbird", "Blue Tit", "Bullfinch", "Chaffinch", "Coal Tit", "Collared Dove", "Dunnock", "Great Tit", "Greenfinch",
            "House Sparrow", "Jackdaw", "Magpie", "Mallard", "Moorhen", "Pied Wagtail", "Robin", "Rook", "Starling",
            "Wood Pigeon", "Wren",
        ]),
        new(CardTier.Uncommon, 2_500,
        [
            "Barn Swallow", "Cormorant", "Curlew", "Goldcrest", "Green Woodpecker", "Grey Heron", "Jay", "Kestrel", "Lapwing",
            "Nuthatch", "Siskin", "Yellowhammer",
        ]),
        new(CardTier.Rare, 1_100,
            ["Avocet", "Barn Owl", "Dipper", "Hawfinch", "Kingfisher", "Nightingale", "Red Kite", "Waxwing"]),
        new(CardTier.Epic, 340, ["Black Stork", "Eagle Owl", "Golden Oriole", "Hoopoe", "Osprey"]),
        new(CardTier.Legendary, 60, ["Bearded Vulture", "Snowy Owl", "White-tailed Eagle"]),
    ];
}
