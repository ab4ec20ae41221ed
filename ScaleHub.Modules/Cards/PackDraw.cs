using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ScaleHub.Modules.Cards;

/// <summary>A card as it comes out of a pack.</summary>
public readonly record struct DrawnCard(string Card, CardTier Tier);

/// <summary>
/// Draws the cards of a pack from its seed: the same seeds give the same cards, here and in any other implementation of
/// docs/cards.md.
/// <para>Guarantee: each tier comes in exactly the proportion of its weight and each card of a tier is equally likely, as far as
/// HMAC-SHA256 (RFC 2104) cannot be told from chance: numbers that would favour some outcomes are passed over, so there is no
/// modulo bias. The server cannot exchange the seed once it is asked for a pack: it has shown its SHA-256 beforehand.</para>
/// </summary>
public static class PackDraw
{
    /// <summary>Of algorithm and catalogue together; stored with each pack.</summary>
    public const int Version = 1;

    /// <summary>As it is published.</summary>
    public const string Algorithm = "HMAC-SHA256 counter stream, 32-bit big-endian words, rejection sampling";

    /// <summary>Cards in a pack.</summary>
    public const int Cards = 5;

    /// <summary>Bytes of a seed.</summary>
    public const int SeedLength = 32;

    /// <summary>The cards of a pack, in the order in which they are drawn.</summary>
    /// <param name="seed">The server's part, <see cref="SeedLength"/> bytes.</param>
    /// <param name="clientSeed">The client's part, ASCII; empty when it gave none.</param>
    public static DrawnCard[] Draw(ReadOnlySpan<byte> seed, string clientSeed)
    {
        var stream = new Stream(seed.ToArray(), clientSeed);
        var drawn = new DrawnCard[Cards];
        for (var i = 0; i < Cards; i++)
        {
            var roll = stream.Below(CardCatalogue.TotalWeight);
            var tier = 0;
            while (roll >= CardCatalogue.Tiers[tier].Weight) roll -= CardCatalogue.Tiers[tier++].Weight;
            var odds = CardCatalogue.Tiers[tier];
            drawn[i] = new(odds.Cards[stream.Below(odds.Cards.Count)], odds.Tier);
        }
        return drawn;
    }

    /// <summary>What is shown of a seed before it is used: its SHA-256.</summary>
    public static byte[] Commit(ReadOnlySpan<byte> seed) => SHA256.HashData(seed);

    /// <summary>Block n is the HMAC, keyed with the seed, of the version, the client's seed and n in decimal.</summary>
    private sealed class Stream(byte[] seed, string clientSeed)
    {
        private byte[] _block = [];
        private int _blocks, _at;

        /// <summary>0 to <paramref name="bound"/> - 1, each equally likely.</summary>
        public int Below(int bound)
        {
            // The words that fill whole rounds of the bound; those above would make the first numbers likelier.
            var fair = (1L << 32) - ((1L << 32) % bound);
            long word;
            do word = Next(); while (word >= fair);
            return (int)(word % bound);
        }

        private uint Next()
        {
            if (_at == _block.Length)
            {
                var message = string.Create(CultureInfo.InvariantCulture, $"scalehub.cards.v1:{clientSeed}:{_blocks++}");
                (_block, _at) = (HMACSHA256.HashData(seed, Encoding.ASCII.GetBytes(message)), 0);
            }
            return BinaryPrimitives.ReadUInt32BigEndian(_block.AsSpan((_at += sizeof(uint)) - sizeof(uint)));
        }
    }
}
