using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Cards;

/// <summary><c>GET /api/v1/cards/packs/{id}</c>.</summary>
public static class GetPack
{
    /// <summary>Reads one of the caller's packs, with its seed and its cards. Anybody else's does not exist.</summary>
    public static async Task<Results<Ok<PackResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
        => await db.CardPacks.Include(p => p.Cards)
            .SingleOrDefaultAsync(p => p.Id == id && p.UserId == tenant.RequiredUserId, cancellationToken) is { } pack
            ? TypedResults.Ok(PackResponse.From(pack))
            : TypedResults.NotFound();
}
