using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Http.Caching;

/// <summary>
/// 200 with a cached value, whose bytes go to the client as they are, or 304 for a client that has it (RFC 9110, 13.1.2).
/// <para><c>Cache-Status</c> (RFC 9211) says how it was found, in Development: <c>hit</c>, or <c>fwd=miss</c>. A stale value says
/// so everywhere: it is a <c>hit</c> with a negative <c>ttl</c>, in seconds, and no cache on the way may keep it.</para>
/// </summary>
/// <typeparam name="T">What the JSON is of, for the description of the API.</typeparam>
/// <param name="Found">The value. Its note becomes the header <c>Link</c>.</param>
/// <param name="CacheControl">
/// What caches on the way may do with it; by default only the client's own keeps it, and asks each time whether it is current.
/// </param>
public sealed record CachedOk<T>(Cached Found, string CacheControl = "private, no-cache") : IResult, IEndpointMetadataProvider
{
    private const string CacheStatus = "Cache-Status", Revalidate = "private, no-cache";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var headers = response.Headers;
        var stale = Found.Outcome is CacheOutcome.Stale;
        headers.ETag = Found.ETag;
        headers.CacheControl = stale ? Revalidate : CacheControl;
        if (Found.Value.Note is { } link) headers.Link = link;
        if (stale || httpContext.RequestServices.GetRequiredService<IHostEnvironment>().IsDevelopment())
            headers[CacheStatus] = Status();
        if (IfNoneMatch.Has(request.Headers.IfNoneMatch, EntityTagHeaderValue.Parse(Found.ETag)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = Found.Value.Json.Length;
        await response.Body.WriteAsync(Found.Value.Json, httpContext.RequestAborted);
    }

    // Describes both answers.
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified, typeof(void)));
    }

    private string Status()
    {
        var ttl = ((long)Found.TimeToLive.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Found.Outcome switch
        {
            CacheOutcome.Miss => "ScaleHub; fwd=miss; stored",
            CacheOutcome.Joined => "ScaleHub; fwd=miss; collapsed",
            CacheOutcome.SharedHit => $"ScaleHub; hit; ttl={ttl}; detail=redis",
            CacheOutcome.Stale => $"ScaleHub; hit; ttl={Math.Min(-1, (long)Found.TimeToLive.TotalSeconds)}; detail=stale",
            _ => $"ScaleHub; hit; ttl={ttl}",
        };
    }
}
