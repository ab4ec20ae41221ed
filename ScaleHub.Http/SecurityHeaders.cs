using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace ScaleHub.Http;

/// <summary>What holds for every response and request, whatever the endpoint.</summary>
public static class SecurityHeaders
{
    /// <summary>
    /// Headers that browsers obey (OWASP Secure Headers Project). The API serves data: nothing may frame or run it.
    /// </summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        // When the response starts: an error on the way clears the headers that are set before it.
        context.Response.OnStarting(static state =>
        {
            Set((HttpContext)state);
            return Task.CompletedTask;
        }, context);
        return next(context);
    });

    private static void Set(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        // A page says itself what it needs.
        if (headers.ContentSecurityPolicy.Count == 0)
            headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments(ApiDocs.Path)
                ? "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
                : "default-src 'none'; frame-ancestors 'none'";
        if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
    }

    /// <summary>Believes <c>X-Forwarded-*</c> of trusted proxies only, see <see cref="ProxyOptions"/>.</summary>
    public static void AddForwardedHeaders(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ProxyOptions>().BindConfiguration(ProxyOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.KnownNetworks.All(n => IPNetwork.TryParse(n, out _)),
                $"{ProxyOptions.Section}__KnownNetworks must be networks in CIDR notation, such as 10.0.0.0/8.").ValidateOnStart();
        builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxyOptions>>((options, proxies) =>
        {
            options.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            options.ForwardLimit = proxies.Value.Proxies;
            if (!proxies.Value.TrustLoopback)
            {
                options.KnownIPNetworks.Clear();
                options.KnownProxies.Clear();
            }
            foreach (var network in proxies.Value.KnownNetworks) options.KnownIPNetworks.Add(IPNetwork.Parse(network));
            // The middleware takes two empty lists for "trust everybody".
            if (options.KnownIPNetworks.Count == 0 && options.KnownProxies.Count == 0)
                options.ForwardedHeaders = ForwardedHeaders.None;
        });
    }

    /// <summary>
    /// Brotli and gzip for JSON. Nothing here reflects a secret beside attacker-chosen text, so BREACH does not apply.
    /// </summary>
    public static void AddCompression(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IResponseCompressionProvider, CompressionOfUntagged>();
        builder.Services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            options.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/problem+json"];
        });
    }

    /// <summary>A strong tag stands for certain bytes, and a compressed answer has others (RFC 9110, 8.8.3.3).</summary>
    private sealed class CompressionOfUntagged(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
        : ResponseCompressionProvider(services, options)
    {
        public override bool ShouldCompressResponse(HttpContext context)
            => context.Response.Headers.ETag is not [{ } tag] || tag.StartsWith("W/", StringComparison.Ordinal)
                ? base.ShouldCompressResponse(context) : false;
    }

    /// <summary>Bounds on what a client can send: 1 MiB of body, 16 KiB of headers.</summary>
    public static void AddRequestLimits(this WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        // Latin-1 can decode any byte. With UTF-8, the default, Kestrel answers bytes that are not valid with 400 and no body.
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
    });
}
