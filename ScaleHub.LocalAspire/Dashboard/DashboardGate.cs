using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Who may see the dashboard: whoever has the cookie that the login token buys. Everything else gets the login page, and 401
/// below <c>/api</c>. Other sites are kept out in three ways: only the names of this machine are accepted as host (DNS
/// rebinding), a request that changes something must come from the dashboard's own origin, and the cookie is not sent
/// with other sites' requests. The policy allows no script or style but the dashboard's own files.
/// </summary>
internal sealed class DashboardGate
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    // What the login page itself needs.
    private static readonly string[] OpenFiles = ["/assets/base.css", "/assets/login.css", "/assets/icon.svg"];

    private readonly string _session = NewToken();

    public string LoginToken { get; } = NewToken();

    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        SetHeaders(context.Response.Headers);
        var request = context.Request;
        if (request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
            await RefuseAsync(context, HttpStatusCode.MisdirectedRequest, "The dashboard answers on localhost only.");
        else if (!IsRead(request.Method) && !IsSameOrigin(request))
            await RefuseAsync(context, HttpStatusCode.Forbidden, "The request comes from another site.");
        else if (request.Path == "/login")
            await LoginAsync(context);
        else if (OpenFiles.Contains(request.Path.Value) || HasSession(request))
            await next(context);
        else if (request.Path.StartsWithSegments("/api"))
            await RefuseAsync(context, HttpStatusCode.Unauthorized, "Log in first.");
        else
            context.Response.Redirect("/login");
    }

    // Cookies do not distinguish ports; two graphs side by side must not log each other out.
    private static string CookieName(HttpRequest request) => $"scalehub-dashboard-{request.Host.Port ?? 80}";

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    // A browser sends an origin with every POST; a request without one (curl) cannot be forged by a page.
    private static bool IsSameOrigin(HttpRequest request) =>
        request.Headers.Origin.Count == 0
            ? request.Headers["Sec-Fetch-Site"] is { Count: 0 } or ["same-origin"]
            : request.Headers.Origin == $"{request.Scheme}://{request.Host}";

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    private static async Task RefuseAsync(HttpContext context, HttpStatusCode status, string message)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(message);
    }

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private static bool Matches(string? given, string expected) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));

    private bool HasSession(HttpRequest request) => Matches(request.Cookies[CookieName(request)], _session);

    private async Task LoginAsync(HttpContext context)
    {
        var request = context.Request;
        string? token = request.Query["t"];
        if (HttpMethods.IsPost(request.Method) && request.HasFormContentType)
            token = (await request.ReadFormAsync(context.RequestAborted))["t"];

        if (Matches(token?.Trim(), LoginToken))
        {
            context.Response.Cookies.Append(CookieName(request), _session, new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Strict,
                Path = "/",
            });

            // After a click on another site (a terminal in a browser), a redirect would still count as that site's request
            // and go without the cookie; a page that moves on by itself does not.
            if (request.Headers["Sec-Fetch-Site"] == "cross-site")
                await DashboardFiles.ServeAsync(context, "welcome.html");
            else
                context.Response.Redirect("/");
            return;
        }

        if (token is null && HasSession(request))
        {
            context.Response.Redirect("/");
            return;
        }

        if (token is not null)
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        await DashboardFiles.ServeAsync(context, token is null ? "login.html" : "login-failed.html");
    }
}
