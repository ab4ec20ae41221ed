using System.Security.Cryptography;
using System.Text;
using ScaleHub.Modules.Cards;

namespace ScaleHub.Worker.Seeding;

/// <summary>A made-up pack of cards; anybody can check its draw, as with any other.</summary>
internal sealed record MadeUpPack(Guid Id, Guid UserId, byte[] Seed, DateTimeOffset CreatedAt, (Guid Id, DrawnCard Card)[] Cards)
{
    private static readonly DateTimeOffset First = MadeUpCompany.End.AddMonths(-1);

    /// <summary>Packs that the first users of a company opened in the last month of the history.</summary>
    public static IEnumerable<MadeUpPack> Of(MadeUpCompany company, MadeUpUser[] users)
    {
        foreach (var user in users.Take(5))
        {
            for (var i = 0; i < 2; i++)
            {
                var seed = SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Id} {i}"));
                var dice = Dice.For(seed[0], seed[1], seed[2], seed[3], company.TaskCount, i);
                var at = First.AddMilliseconds(Math.Floor((MadeUpCompany.End - First).TotalMilliseconds * 0.49 * (i + dice.Unit())));
                if (at < user.CreatedAt) at = MadeUpCompany.At(user.CreatedAt, 0.999);
                var ids = Enumerable.Range(0, PackDraw.Cards).Select(_ => dice.Uuid7(at)).Order().ToArray();
                yield return new(dice.Uuid7(at), user.Id, seed, at, [.. ids.Zip(PackDraw.Draw(seed, ""))]);
            }
        }
    }
}
