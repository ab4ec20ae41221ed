using System.Buffers.Binary;
using System.Security.Cryptography;
using ScaleHub.Modules.Cards;

namespace ScaleHub.Tests.Modules.Cards;

/// <summary>The algorithm by itself: from the same seeds always, so that these tests cannot fail by chance.</summary>
public sealed class PackDrawTests
{
    // Made with the program in docs/cards.md, which shares nothing with ours.
    [Theory]
    [InlineData(0, "", "Cormorant, Kestrel, Great Tit, Kingfisher, Wood Pigeon")]
    [InlineData(0, "dice:4", "Kestrel, Hawfinch, Magpie, Jay, Barn Swallow")]
    [InlineData(255, "dice:4", "Starling, Barn Swallow, Mallard, Blackbird, Robin")]
    public void Another_implementation_draws_the_same_cards(int first, string clientSeed, string cards)
    {
        var seed = Enumerable.Range(0, PackDraw.SeedLength).Select(i => (byte)Math.Min(first + i, 255)).ToArray();
        Assert.Equal(cards, string.Join(", ", PackDraw.Draw(seed, clientSeed).Select(c => c.Card)));
    }

    [Fact]
    public void The_weights_add_up_and_no_card_is_there_twice()
    {
        Assert.Equal(CardCatalogue.TotalWeight, CardCatalogue.Tiers.Sum(t => t.Weight));
        Assert.Equal(Enum.GetValues<CardTier>(), CardCatalogue.Tiers.Select(t => t.Tier));
        var cards = CardCatalogue.Tiers.SelectMany(t => t.Cards).ToList();
        Assert.Equal(cards.Count, cards.Distinct().Count());
    }

    [Fact]
    public void Tiers_come_by_their_weights_and_the_cards_of_a_tier_alike()
    {
        const int PackCount = 40_000;
        var drawn = Enumerable.Range(0, PackCount).SelectMany(n =>
        {
            var number = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(number, n);
            return PackDraw.Draw(SHA256.HashData(number), "");
        }).ToList();

        // The value that pure chance exceeds in one of a thousand cases, for 4, 19, 11, 7, 4 and 2 degrees of freedom.
        double[] critical = [43.82, 31.26, 24.32, 18.47, 13.82];
        var byTier = drawn.ToLookup(c => c.Tier);
        var tiers = ChiSquare(CardCatalogue.Tiers.Select(t =>
            (byTier[t.Tier].Count(), (double)drawn.Count * t.Weight / CardCatalogue.TotalWeight)));
        Assert.True(tiers < 18.47, $"tiers: {tiers:0.00}");
        foreach (var (tier, limit) in CardCatalogue.Tiers.Zip(critical))
        {
            var byCard = byTier[tier.Tier].ToLookup(c => c.Card);
            var expected = (double)byTier[tier.Tier].Count() / tier.Cards.Count;
            var cards = ChiSquare(tier.Cards.Select(c => (byCard[c].Count(), expected)));
            Assert.True(cards < limit, $"{tier.Tier}: {cards:0.00}");
        }
    }

    [Fact]
    public void One_bit_of_either_seed_changes_the_draw()
    {
        var seed = new byte[PackDraw.SeedLength];
        var cards = PackDraw.Draw(seed, "a");
        Assert.Equal(cards, PackDraw.Draw(seed, "a"));
        Assert.NotEqual(cards, PackDraw.Draw(seed, "b"));
        seed[^1] ^= 1;
        Assert.NotEqual(cards, PackDraw.Draw(seed, "a"));
    }

    private static double ChiSquare(IEnumerable<(int Observed, double Expected)> classes)
        => classes.Sum(c => (c.Observed - c.Expected) * (c.Observed - c.Expected) / c.Expected);
}
