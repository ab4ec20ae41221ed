using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Billing;

namespace ScaleHub.Modules.Cards;

/// <summary>Body of <c>POST /api/v1/cards/packs</c>.</summary>
/// <param name="ClientSeed">
/// The client's part of the seed, 1 to 64 visible ASCII characters: chosen after the server has committed to its own, it makes
/// the cards something that neither side could choose.
/// </param>
/// <param name="Commitment">
/// What <c>GET /api/v1/cards/packs/next</c> or the last pack showed: open the pack of that seed, or none.
/// </param>
/// <param name="ShownName">
/// The name, 1 to 50 characters, under which the pack's rare cards and better are shown to everybody. Without it none is.
/// </param>
[BodyExample("""{ "clientSeed": "my-own-seed", "shownName": "Ada" }""")]
public sealed record OpenPackRequest(
    [property: StringLength(64, MinimumLength = 1),
        RegularExpression("[!-~]*", ErrorMessage = "Use visible ASCII characters.")] string? ClientSeed = null,
    [property: StringLength(64, MinimumLength = 64),
        RegularExpression("[0-9a-f]*", ErrorMessage = "Use hexadecimal digits in lower case.")] string? Commitment = null,
    [property: Text(50, 1),
        RegularExpression(OpenPackRequest.ShownNamePattern, ErrorMessage = OpenPackRequest.ShownNameMessage)]
    string? ShownName = null)
{
    // Strangers read it: nothing invisible that reverses, hides or breaks the text around it. Joiners are part of some scripts.
    private const string ShownNamePattern = @"(?=.*[\p{L}\p{N}\p{S}\p{Cs}])(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\u200C\u200D])*";

    private const string ShownNameMessage =
        "A shown name is one line, with something to see in it, and without control or formatting characters.";
}

/// <summary>A pack that was opened just now.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="NextCommitment">SHA-256 of the seed of the next one: 64 hexadecimal digits.</param>
public sealed record OpenPackResponse(PackResponse Pack, string NextCommitment);

/// <summary><c>POST /api/v1/cards/packs</c>: draws five cards, so that anybody can check how (docs/cards.md).</summary>
public static class OpenPack
{
    /// <summary>Opens a pack, and shows its rare cards and better in the public feed if a name is given for it.</summary>
    /// <remarks>
    /// A commitment that is no longer the next pack's is 409: another pack was opened meanwhile. The company is charged the price
    /// <c>cards.pack</c>.
    /// </remarks>
    public static async Task<Results<Created<OpenPackResponse>, ProblemHttpResult>> HandleAsync(
        OpenPackRequest request, ScaleHubDb db, Tenant tenant, SecretBox secrets, TimeProvider time, SharedCache cache,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var (next, seed) = await db.LockNextSeedAsync(secrets, now, cancellationToken);
        if (request.Commitment is { } expected && expected != Convert.ToHexStringLower(PackDraw.Commit(seed)))
            return Problems.Conflict("commitment", "The next pack has another commitment by now. Get it, and try again.");

        var pack = new CardPack
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            UserId = tenant.RequiredUserId,
            Seed = seed,
            ClientSeed = request.ClientSeed ?? "",
            Algorithm = PackDraw.Version,
            CreatedAt = now,
        };
        var drawn = PackDraw.Draw(seed, pack.ClientSeed);
        // Within a millisecond the order of new ids is chance; in their order, the cards are as they were drawn.
        var ids = drawn.Select(_ => Guid.CreateVersion7(now)).Order();
        pack.Cards.AddRange(drawn.Zip(ids, (card, id) => new UserCard
        {
            CompanyId = pack.CompanyId,
            Id = id,
            UserId = pack.UserId,
            PackId = pack.Id,
            Card = card.Card,
            Tier = card.Tier,
            CreatedAt = now,
        }));
        db.CardPacks.Add(pack);
        if (request.ShownName is { } name && pack.Cards.Where(c => c.Tier >= CardTier.Rare).ToList() is { Count: > 0 } shown)
        {
            db.Feed.AddRange(shown.Select(c => Show(c, name)));
            await cache.WillChangeAsync(ListFeed.Cached);
        }
        var nextSeed = next.Renew(secrets, now);
        await db.SaveChangesAsync(cancellationToken);
        await db.ChargeAsync("cards.pack", pack.UserId, pack.Id, 1, now, cancellationToken);
        return TypedResults.Created($"/api/v1/cards/packs/{pack.Id}",
            new OpenPackResponse(PackResponse.From(pack), Convert.ToHexStringLower(PackDraw.Commit(nextSeed))));
    }

    private static FeedEntry Show(UserCard card, string name) => new()
    {
        CompanyId = card.CompanyId,
        // Its own: the cursors of the feed have it in them, and the card's would lead to its owner.
        Id = Guid.CreateVersion7(card.CreatedAt),
        CardId = card.Id,
        Card = card.Card,
        Tier = card.Tier,
        ShownName = name,
        CreatedAt = card.CreatedAt,
    };
}
