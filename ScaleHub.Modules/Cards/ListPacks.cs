using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Cards;

/// <summary><c>GET /api/v1/cards/packs?limit=&amp;cursor=</c>: the caller's packs, newest first.</summary>
public static class ListPacks
{
    /// <summary>Lists the packs that the caller opened, newest first, without their cards.</summary>
    // Served by the index card_packs_by_user.
    public static async Task<Ok<PagedList<PackSummary>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(
            db.CardPacks.Where(p => p.UserId == tenant.RequiredUserId), p => p.Id, p => new PackSummary(p.Id, p.CreatedAt),
            cancellationToken));
}
