using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Idempotency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;

namespace ScaleHub.Http.Idempotency;

/// <summary>
/// <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header, with Stripe's semantics): a client that does not know
/// whether its POST was done repeats it, and it is done once.
/// <para>Guarantee: of the requests of one user with one method, path and key, one at most takes effect in 24 hours, over all
/// instances and through crashes; the others get its answer. The record commits in the transaction of the work
/// (<see cref="IdempotencyRecords"/>), so that neither can be without the other.</para>
/// <para>Only answers below 400 are recorded. Any other has changed nothing, so the same key may be used again once the cause is
/// mended. Database away: 503, and nothing is done.</para>
/// <para>Repeating it in haste costs little: of the requests with one key that an instance has at a time, one asks the database,
/// and the others learn from it that the work is under way (<see cref="ClaimsUnderWay"/>).</para>
/// </summary>
public static class Idempotency
{
    /// <summary>1 to 255 visible ASCII characters, chosen by the client; a UUID is a good one.</summary>
    public const string KeyHeader = "Idempotency-Key";

    /// <summary><c>true</c> on an answer that was given before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    internal const int MaxKey = 255;

    // Above it the body goes to a temporary file while it is hashed.
    private const int BodyInMemory = 256 * 1024;

    /// <summary>
    /// Every POST of the endpoint or group runs in one transaction and accepts a key. Public endpoints ignore it: there is no
    /// user yet whose key it could be.
    /// </summary>
    public static TBuilder WithIdempotency<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
        => Add(builder, new(Required: false));

    /// <summary>The same, and without a key it is 400: for everything that moves money.</summary>
    public static TBuilder RequireIdempotency<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
        => Add(builder, new(Required: true));

    private static TBuilder Add<TBuilder>(TBuilder builder, IdempotencyMetadata metadata)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            if (!IsPost(endpoint)) return;
            // On a group and again on an endpoint: the stricter one counts, and it runs once.
            var first = !endpoint.Metadata.OfType<IdempotencyMetadata>().Any();
            endpoint.Metadata.Add(metadata);
            if (!first) return;
            var inner = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http =>
            {
                // Before the handler's parameters are read, so that the body can be read a second time, for its hash.
                if (http.Request.Headers.ContainsKey(KeyHeader)) http.Request.EnableBuffering(BodyInMemory);
                return inner(http);
            };
            // Of this endpoint alone: the path is part of what makes two requests the same.
            var claims = new ClaimsUnderWay();
            endpoint.FilterFactories.Add((_, next) => invocation => InvokeAsync(invocation, next, claims));
        });
        return builder;
    }

    private static bool IsPost(EndpointBuilder endpoint)
        => endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods.Contains(HttpMethods.Post) is true;

    private static async ValueTask<object?> InvokeAsync(
        EndpointFilterInvocationContext invocation, EndpointFilterDelegate next, ClaimsUnderWay claims)
    {
        var http = invocation.HttpContext;
        var tenant = http.RequestServices.GetRequiredService<Tenant>();
        if (tenant.CompanyId is null) return await next(invocation);
        var request = await IdentifyAsync(http, tenant);
        using var claim = request is null ? null : claims.Begin(request);
        if (claim is { IsFirst: false } && await claim.OutcomeAsync(http.RequestAborted) is ClaimOutcome.Claimed or ClaimOutcome.InFlight)
            return InFlight(http);

        await using var transaction = await RequestTransaction.BeginAsync(http);
        var db = http.RequestServices.GetRequiredService<ScaleHubDb>();
        if (request is not null)
        {
            var (outcome, recorded) = await db.ClaimAsync(request, http.RequestAborted);
            claim!.Complete(outcome);
            switch (outcome)
            {
                case ClaimOutcome.InFlight:
                    return InFlight(http);
                case ClaimOutcome.OtherBody:
                    return Problem(422, "This Idempotency-Key was used with another body. A new request needs a new key.");
                case ClaimOutcome.Recorded:
                    // Committed like a write, so that its client reads what the first one wrote.
                    await db.ConfirmAsync(http.RequestAborted);
                    await transaction.CommitAsync(CancellationToken.None);
                    return Replay(http, recorded!);
            }
        }

        var answer = await BufferedAnswer.ExecuteAsync(http, await next(invocation));
        if (!answer.Succeeded) return answer;
        if (request is not null)
            await db.RecordAsync(request, new(answer.Status, answer.Headers, answer.Body), http.RequestAborted);
        // Not cancellable: a client that has gone will ask again, and then it must be known.
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }

    private static ProblemHttpResult InFlight(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1";
        return Problem(409, "A request with this Idempotency-Key is at work. Repeat it shortly for its answer.");
    }

    private static IResult Replay(HttpContext http, RecordedAnswer recorded)
    {
        http.Response.Headers[ReplayedHeader] = "true";
        if (recorded.Body is { } body) return new BufferedAnswer(recorded.Status, recorded.Headers, body);
        if (recorded.Headers.TryGetValue("Location", out var location)) http.Response.Headers.Location = location;
        return Problem(409, "The request was done; its answer was too large to keep. Read the resource instead.");
    }

    private static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    private static async Task<RequestIdentity?> IdentifyAsync(HttpContext http, Tenant tenant)
    {
        var request = http.Request;
        if (!request.Headers.TryGetValue(KeyHeader, out var values))
        {
            var required = http.GetEndpoint()!.Metadata.GetOrderedMetadata<IdempotencyMetadata>().Any(m => m.Required);
            return required ? throw new BadRequestException($"This request needs the header {KeyHeader}.") : null;
        }
        if (values is not [{ Length: > 0 and <= MaxKey } key] || !key.All(c => c is > ' ' and < '\x7f'))
            throw new BadRequestException($"The header {KeyHeader} must be 1 to {MaxKey} visible ASCII characters.");

        // The path, not its pattern: two resources' actions are two requests. Routes ignore case and a slash at the end.
        var path = (request.PathBase + request.Path).Value!.TrimEnd('/').ToLowerInvariant();
        var identity = string.Join('\n', tenant.RequiredCompanyId, tenant.RequiredUserId, request.Method, path, key);
        return new(SHA256.HashData(Encoding.UTF8.GetBytes(identity)), await BodyHash.OfAsync(http));
    }
}

/// <summary>That an endpoint takes an <c>Idempotency-Key</c>.</summary>
/// <param name="Required">Whether it answers 400 without one.</param>
public sealed record IdempotencyMetadata(bool Required);
