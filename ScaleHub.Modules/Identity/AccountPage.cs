using ScaleHub.Http.Assets;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Identity;

/// <summary>
/// <c>GET /account</c>: the page that links in mails lead to (<c>Assets/account.*</c>). It has the link's token from the
/// address's fragment, which no server and no other page sees, and calls the API with it.
/// </summary>
internal static class AccountPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/account";

    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>The page.</summary>
    public static void MapAccountPage(this IEndpointRouteBuilder routes)
    {
        var page = routes.ServiceProvider.GetRequiredService<StaticAssets>().Page("account.html", "no-cache");
        routes.MapMethods(Path, ["GET", "HEAD"], context =>
        {
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return page.Answer(context).ExecuteAsync(context);
        }).AllowAnonymous().WithRateLimit(RateLimits.None).ExcludeFromDescription();
    }
}
