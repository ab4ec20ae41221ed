namespace ScaleHub.Api.Http;

/// <summary>HEAD, wherever there is GET (RFC 9110, 9.3.2).</summary>
public static class HeadRequests
{
    /// <summary>
    /// Answers HEAD as GET. Kestrel, which knows how the request came, sends no body; so neither routes nor their handlers have to
    /// know.
    /// </summary>
    public static void UseHeadAsGet(this WebApplication app) => app.Use((context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        return next(context);
    });
}
