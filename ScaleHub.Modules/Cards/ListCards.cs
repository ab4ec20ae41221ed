using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Cards;

/// <summary><c>GET /api/v1/cards?tier=&amp;limit=&amp;cursor=</c>: the caller's cards, newest first.</summary>
public static class ListCards
{
    /// <summary>Lists the caller's cards, newest first.</summary>
    // Served by the index user_cards_by_user or user_cards_by_tier.
    public static async Task<Ok<PagedList<CardResponse>>> HandleAsync(
        [Description("Only cards of this tier.")] EnumName<CardTier>? tier,
        [AsParameters] PageQuery page, ReadDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        var cards = db.Cards.Where(c => c.UserId == tenant.RequiredUserId);
        if (tier?.Value is { } wanted) cards = cards.Where(c => c.Tier == wanted);
        return TypedResults.Ok(await page.NewestFirstAsync(cards, c => c.Id, CardResponse.Projection, cancellationToken));
    }
}
