using System.ComponentModel;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Http.Caching;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Cards;

/// <summary>
/// A card in the public feed. No identifier of any kind: nobody can tell who is behind a name, or which company.
/// </summary>
/// <param name="Card">Its name in the catalogue.</param>
/// <param name="Tier">Rare or better.</param>
/// <param name="ShownName">What the user chose to be called.</param>
/// <param name="CreatedAt">When it was drawn.</param>
public sealed record FeedItem(string Card, CardTier Tier, string ShownName, DateTimeOffset CreatedAt);

/// <summary>
/// <c>GET /api/v1/feed?tier=&amp;limit=&amp;cursor=</c>: public, and of all companies. The one list that belongs to nobody: the
/// request has no company, and reads under the policy <c>anyone</c> of <c>global_feed</c>; every other table is empty to it.
/// </summary>
public static class ListFeed
{
    /// <summary>The namespace of the cached pages: whoever adds to the feed says so before.</summary>
    internal const string Cached = "feed";

    /// <summary>Lists the rare cards and better that users show to everybody, newest first.</summary>
    // Served by the index global_feed_newest or global_feed_by_tier.
    public static async Task<CachedOk<PagedList<FeedItem>>> HandleAsync(
        [Description("Only cards of this tier.")] EnumName<CardTier>? tier,
        [AsParameters] PageQuery page, SharedCache cache, CancellationToken cancellationToken)
    {
        var list = await page.NewestFirstAsync(
            cache, Cached, db => tier?.Value is { } only ? db.Feed.Where(e => e.Tier == only) : db.Feed,
            e => e.Id, e => new FeedItem(e.Card, e.Tier, e.ShownName, e.CreatedAt), cancellationToken);
        return list with { CacheControl = HttpCaching.PublicForSeconds };
    }

    /// <summary>Loads the first page, which everybody asks for, before anybody does.</summary>
    internal static async ValueTask WarmAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var request = new DefaultHttpContext { RequestServices = services, Request = { Path = "/api/v1/feed" } };
        await HandleAsync(null, new PageQuery(null, null, null, request), services.GetRequiredService<SharedCache>(), cancellationToken);
    }
}
