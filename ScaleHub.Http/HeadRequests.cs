using Microsoft.Net.Http.Headers;

namespace ScaleHub.Http;

/// <summary>HEAD, wherever there is GET (RFC 9110, 9.3.2).</summary>
public static class HeadRequests
{
    /// <summary>
    /// Answers HEAD as GET. Kestrel, which knows how the request came, sends no body; so neither routes nor their handlers have
    /// to know. The <c>Allow</c> of a 405 therefore names HEAD beside GET.
    /// </summary>
    public static void UseHeadAsGet(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        await next(context);
        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed }
            && response.Headers.GetCommaSeparatedValues(HeaderNames.Allow) is var allowed && allowed.Contains(HttpMethods.Get)
            && !allowed.Contains(HttpMethods.Head))
        {
            response.Headers.Allow = string.Join(", ", [.. allowed, HttpMethods.Head]);
        }
    });
}
