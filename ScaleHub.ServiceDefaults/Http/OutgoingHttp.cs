using Microsoft.Extensions.Http.Resilience;

namespace ScaleHub.ServiceDefaults.Http;

/// <summary>
/// What ScaleHub changes of the standard resilience of outgoing HTTP (Microsoft.Extensions.Http.Resilience: 30 s in all, 10 s and
/// a circuit breaker for each attempt, 3 retries after 2, 4 and 8 s with jitter on transport errors, 408, 429 and 5xx, or when
/// <c>Retry-After</c> says).
/// <para>Callers get its exceptions: <see cref="Polly.Timeout.TimeoutRejectedException"/> and
/// <see cref="Polly.CircuitBreaker.BrokenCircuitException"/> beside those of <see cref="HttpClient"/>.</para>
/// </summary>
internal static class OutgoingHttp
{
    public static void Configure(HttpStandardResilienceOptions options)
    {
        var total = options.TotalRequestTimeout;
        // Waiting for that could only end in the total time-out; the answer says more, and says it now.
        options.Retry.ShouldHandle = args => ValueTask.FromResult(
            HttpClientResiliencePredicates.IsTransient(args.Outcome) && !(RetryAfter(args.Outcome.Result) > total.Timeout));
        // POST, PUT, PATCH, DELETE: a payment must not be made twice, and a streamed body cannot be sent again.
        options.Retry.DisableForUnsafeHttpMethods();
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage? response)
        => response?.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - DateTimeOffset.UtcNow : null;
}
