using Microsoft.Net.Http.Headers;
using ScaleHub.Http.RateLimiting;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.Http;

/// <summary>
/// CORS (Fetch standard) for the origins in <c>Cors:Origins</c> (<c>Cors__Origins__0=https://app.example</c>); off when there
/// are none.
/// <para>Never with credentials: the API knows no cookies, and a page that has a token sends it itself.</para>
/// </summary>
public static class CrossOrigin
{
    private static readonly TimeSpan PreflightLife = TimeSpan.FromHours(2);

    /// <summary>Reads the origins.</summary>
    /// <exception cref="ConfigurationException">One is not an origin.</exception>
    public static void AddCrossOrigin(this WebApplicationBuilder builder)
    {
        var origins = Origins(builder.Configuration);
        foreach (var origin in origins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
                || !string.Equals(uri.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase))
                throw new ConfigurationException(
                    $"Cors:Origins must have origins like https://app.example, without a path; it has '{origin}'.");
        }
        if (origins.Length == 0) return;
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
            .WithHeaders(HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.IfMatch, HeaderNames.IfNoneMatch,
                "Idempotency-Key", ReadRouting.ConsistencyHeader)
            .WithExposedHeaders(HeaderNames.Location, HeaderNames.ETag, HeaderNames.Link, HeaderNames.RetryAfter,
                HeaderNames.WWWAuthenticate, RateLimitHeaders.Policy, RateLimitHeaders.State, ReadRouting.ConsistencyHeader,
                "Idempotency-Replayed")
            .SetPreflightMaxAge(PreflightLife)));
    }

    /// <summary>Before load shedding and rate limits, so that a page can read their answers too.</summary>
    public static void UseCrossOrigin(this WebApplication app)
    {
        if (Origins(app.Configuration).Length > 0) app.UseCors();
    }

    private static string[] Origins(IConfiguration configuration)
        => configuration.GetSection("Cors:Origins").Get<string[]>() ?? [];
}
