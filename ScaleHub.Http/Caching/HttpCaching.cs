using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Http.Caching;

/// <summary>Registers the cache of the API: values have the JSON that responses have.</summary>
public static class HttpCaching
{
    /// <summary>
    /// For what is the same for everybody: caches on the way keep it for five seconds, may serve it for thirty more while they
    /// ask for a new one, and for five minutes when they get none (RFC 5861).
    /// </summary>
    public const string PublicForSeconds = "public, max-age=5, stale-while-revalidate=30, stale-if-error=300";

    /// <summary>The same for what changes rarely: five minutes.</summary>
    public const string PublicForMinutes = "public, max-age=300, stale-while-revalidate=600, stale-if-error=3600";

    /// <summary>Adds the cache.</summary>
    public static void AddHttpCaching(this WebApplicationBuilder builder)
    {
        builder.AddCache();
        builder.Services.AddOptions<CacheOptions>().PostConfigure<IOptions<JsonOptions>>(
            (cache, json) => cache.Json = json.Value.SerializerOptions);
    }
}
