using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using ScaleHub.Http.Caching;

namespace ScaleHub.Http.Concurrency;

/// <summary>
/// <c>ETag</c> on the answers of one resource (RFC 9110, 8.8.3): <c>WithEntityTag()</c> at the route of its GET, POST and PATCH.
/// The client sends the tag back as <c>If-Match</c> with its change (<see cref="IfMatch"/>), or as <c>If-None-Match</c> with its
/// next GET, which is then 304 while nothing has changed.
/// <para>Guarantee: two representations with one tag are the same. The tag is a hash of the JSON, not a counter or a row version:
/// it needs no column, and neither a clock that goes back, nor a failover that loses a write, nor a restored backup can give one
/// tag to two states. A new version of the program that adds a member changes every tag, so a client that began to edit before it
/// gets 412 and reads again.</para>
/// </summary>
public static class EntityTags
{
    // 128 bits of the hash: as many as a random UUID has, and more than chance meets.
    private const int HashBytes = 16;

    /// <summary>
    /// Answers of 200 and 201 with a value get its tag, and a GET whose <c>If-None-Match</c> has it gets 304. Behind
    /// <c>InTransaction()</c>, which turns the value into bytes.
    /// </summary>
    public static RouteHandlerBuilder WithEntityTag(this RouteHandlerBuilder endpoint)
    {
        endpoint.Add(builder =>
        {
            builder.Metadata.Add(new EntityTagMetadata());
            if (builder.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods.Contains(HttpMethods.Get) is true)
                builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified, typeof(void)));
        });
        return endpoint.AddEndpointFilter(TagAsync);
    }

    /// <summary>The strong tag of a value, as its JSON is sent.</summary>
    internal static EntityTagHeaderValue Of(object value, JsonSerializerOptions json)
        => Of(JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), json));

    private static EntityTagHeaderValue Of(byte[] json)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(json, hash);
        return new($"\"{Base64Url.EncodeToString(hash[..HashBytes])}\"");
    }

    private static async ValueTask<object?> TagAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        var result = await next(invocation);
        if (result is BufferedAnswer) throw new InvalidOperationException("WithEntityTag() comes after InTransaction().");
        var answer = result;
        while (answer is INestedHttpResult nested) answer = nested.Result;
        if (answer is not (IValueHttpResult { Value: { } value } and IStatusCodeHttpResult { StatusCode: 200 or 201 })) return result;

        var json = JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), IfMatch.JsonOf(http));
        var tag = Of(json);
        http.Response.Headers.ETag = tag.ToString();
        var reads = HttpMethods.IsGet(http.Request.Method);
        // Who compresses it on the way would have to make the tag a weak one, which If-Match never matches (RFC 9110, 8.8.3.3).
        http.Response.Headers.CacheControl = reads ? "private, no-cache, no-transform" : "no-transform";
        if (!reads) return result;
        return IfNoneMatch.Has(http.Request.Headers.IfNoneMatch, tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Bytes(json, "application/json; charset=utf-8");
    }
}

/// <summary>That an endpoint's answers have an <c>ETag</c>.</summary>
public sealed record EntityTagMetadata;
