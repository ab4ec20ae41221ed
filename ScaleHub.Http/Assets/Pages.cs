using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Http.Assets;

/// <summary>Pages that are files of a module and call the API from the browser.</summary>
public static class Pages
{
    // Nothing but the page's own files, and no text that becomes code.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Maps a page, for everybody: what it shows, the API decides by who has signed in.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="path">Its address.</param>
    /// <param name="file">Its name in a folder <c>Assets</c> (<see cref="StaticAssets"/>).</param>
    public static void MapPage(this IEndpointRouteBuilder routes, string path, string file)
    {
        var page = routes.ServiceProvider.GetRequiredService<StaticAssets>().Page(file, "no-cache");
        routes.MapMethods(path, ["GET", "HEAD"], context =>
        {
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return page.Answer(context).ExecuteAsync(context);
        }).AllowAnonymous().WithRateLimit(RateLimits.None).ExcludeFromDescription();
    }
}
