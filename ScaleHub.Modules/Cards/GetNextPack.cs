using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Cards;

/// <summary>What is known of a pack before it is opened.</summary>
/// <param name="Commitment">SHA-256 of its seed: 64 hexadecimal digits.</param>
/// <param name="AlgorithmVersion">The algorithm and catalogue that would draw it now.</param>
public sealed record GetNextPackResponse(string Commitment, int AlgorithmVersion);

/// <summary>
/// <c>GET /api/v1/cards/packs/next</c>. From the primary, as a standby may still have a seed that was used; and it chooses the
/// user's first seed, which is no change that anybody asked for.
/// </summary>
public static class GetNextPack
{
    /// <summary>Reads the commitment to the seed of the caller's next pack.</summary>
    public static async Task<Ok<GetNextPackResponse>> HandleAsync(
        ScaleHubDb db, Tenant tenant, SecretBox secrets, TimeProvider time, CancellationToken cancellationToken)
    {
        var chosen = await db.NextSeeds.AsNoTracking()
            .SingleOrDefaultAsync(s => s.UserId == tenant.RequiredUserId, cancellationToken);
        var seed = chosen?.Reveal(secrets)
            ?? (await db.LockNextSeedAsync(secrets, time.GetDatabaseNow(), cancellationToken)).Seed;
        return TypedResults.Ok(new GetNextPackResponse(Convert.ToHexStringLower(PackDraw.Commit(seed)), PackDraw.Version));
    }
}
