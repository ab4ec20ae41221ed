using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using ScaleHub.Http.Errors;

namespace ScaleHub.Http.Concurrency;

/// <summary>
/// The header <c>If-Match</c> (RFC 9110, 13.1.1), as a parameter of a handler that changes or deletes: the change is only done to
/// the state that the client has seen. Without the header the last write wins.
/// <code>
/// if (await db.LockTaskAsync(id, cancellationToken) is not { } task) return TypedResults.NotFound();
/// ifMatch.Require(TaskResponse.From(task));
/// </code>
/// <para>Guarantee: of any number of requests with one tag, one at most succeeds, provided that the row is locked before the
/// check and until the commit (<c>for no key update</c>, in <c>InTransaction()</c>): who waits for the lock then compares with
/// what the one before has written.</para>
/// </summary>
public sealed class IfMatch : IEndpointParameterMetadataProvider
{
    private readonly IList<EntityTagHeaderValue>? _tags;
    private readonly JsonSerializerOptions _json;

    private IfMatch(IList<EntityTagHeaderValue>? tags, JsonSerializerOptions json) => (_tags, _json) = (tags, json);

    /// <summary>Whether the client named a state. If not, nothing has to be read or locked.</summary>
    public bool IsGiven => _tags is not null;

    /// <summary>Goes on when there is no precondition, or it holds.</summary>
    /// <param name="current">What a GET would answer now.</param>
    /// <exception cref="PreconditionFailedException">412: the resource is not in a state that the client named.</exception>
    public void Require(object current)
    {
        if (_tags is null) return;
        var tag = EntityTags.Of(current, _json);
        // The strong comparison: a weak tag, as lists have, never matches.
        if (!_tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: true)))
            throw new PreconditionFailedException();
    }

    /// <summary>Lets a handler take it as a parameter.</summary>
    /// <exception cref="BadRequestException">400: the header is not a list of entity tags.</exception>
    public static ValueTask<IfMatch?> BindAsync(HttpContext context)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0) return ValueTask.FromResult<IfMatch?>(new(null, JsonOf(context)));
        if (!EntityTagHeaderValue.TryParseStrictList(header, out var tags) || tags.Count == 0)
            throw new BadRequestException("The header If-Match must be *, or entity tags as ETag gave them, in quotation marks.");
        return ValueTask.FromResult<IfMatch?>(new(tags, JsonOf(context)));
    }

    internal static JsonSerializerOptions JsonOf(HttpContext http)
        => http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;

    // Describes the header and the answer.
    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new IfMatchMetadata());
}

/// <summary>That an endpoint takes <c>If-Match</c>.</summary>
public sealed record IfMatchMetadata;

/// <summary>412: the resource is no longer what the client has seen. Nothing was changed.</summary>
public sealed class PreconditionFailedException()
    : Exception("The resource was changed after you had read it. Read it again, and decide anew.");
