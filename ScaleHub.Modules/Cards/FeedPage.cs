using ScaleHub.Http.Assets;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Cards;

/// <summary>
/// <c>GET /feed</c>: the public feed for people. A page of its own files (<c>Assets/feed.*</c>), which asks
/// <c>/api/v1/feed</c> for the cards.
/// </summary>
internal static class FeedPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/feed";

    /// <summary>
    /// Only its own files; nothing inline, and no text becomes markup or a script (Content Security Policy 3, Trusted Types).
    /// </summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    // A browser asks each time, as the page says which files belong to this release; a shared cache answers for ten seconds,
    // and for a day while no instance does. Not stale-while-revalidate: browsers obey that too.
    private const string CacheControl = "public, max-age=0, s-maxage=10, stale-if-error=86400";

    /// <summary>The page.</summary>
    public static void MapFeedPage(this IEndpointRouteBuilder routes)
    {
        var page = routes.ServiceProvider.GetRequiredService<StaticAssets>().Page("feed.html", CacheControl);
        routes.MapMethods(Path, ["GET", "HEAD"], context => Answer(context, page)).AllowAnonymous().WithRateLimit(RateLimits.None)
            .ExcludeFromDescription();
    }

    private static Task Answer(HttpContext context, StaticFile page)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        return page.Answer(context).ExecuteAsync(context);
    }
}
