using ScaleHub.Http.Assets;

namespace ScaleHub.Modules.Identity;

/// <summary>
/// <c>GET /account</c>: the page that links in mails lead to (<c>Assets/account.*</c>). It has the link's token from the
/// address's fragment, which no server and no other page sees, and calls the API with it.
/// <para><c>GET /app</c>: the company's own page (<c>Assets/app*</c>). It calls the public API alone.</para>
/// </summary>
internal static class AccountPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/account";

    /// <summary>Maps both.</summary>
    public static void MapAccountPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Path, "account.html");
        routes.MapPage("/app", "app.html");
    }
}
