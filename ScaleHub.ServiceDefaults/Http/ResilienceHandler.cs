using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace ScaleHub.ServiceDefaults.Http;

/// <summary>
/// Bounds every outgoing request, retries what may be retried, and leaves a service alone that fails most of the time. From the
/// outside in: total time-out, retry, circuit breaker (one per handler), time-out per attempt.
/// <para>Retried: idempotent methods (RFC 9110, 9.2.2) whose body can be sent again, on transport errors, time-outs of an
/// attempt, 408, 429 and 5xx, after an exponential delay with jitter or what <c>Retry-After</c> asks for. A <c>Retry-After</c>
/// beyond the total time-out gives the response to the caller at once.</para>
/// <para>Callers see the exceptions of <see cref="HttpClient"/> only: <see cref="HttpRequestException"/> for an open circuit,
/// <see cref="TaskCanceledException"/> with a <see cref="TimeoutException"/> inside for a time-out.</para>
/// </summary>
public sealed class ResilienceHandler : DelegatingHandler
{
    private static readonly ResiliencePropertyKey<HttpRequestMessage> Request = new("request");
    private static readonly ResiliencePropertyKey<long> Started = new("started");

    private readonly ResilienceOptions _options;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    /// <summary>One per client, so that one service's failures do not close another's circuit.</summary>
    public ResilienceHandler(ResilienceOptions options)
    {
        _options = options;
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddTimeout(TimeSpan.FromSeconds(options.TotalTimeoutSeconds));
        if (options.Retries > 0)
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(options.RetryDelayMs),
                ShouldHandle = args => ValueTask.FromResult(ShouldRetry(args.Context, args.Outcome)),
                DelayGenerator = args => ValueTask.FromResult(RetryAfter(args.Outcome.Result)),
            });
        _pipeline = builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                FailureRatio = options.BreakerFailureRatio,
                MinimumThroughput = options.BreakerMinimumAttempts,
                SamplingDuration = TimeSpan.FromSeconds(options.BreakerSamplingSeconds),
                BreakDuration = TimeSpan.FromSeconds(options.BreakSeconds),
                ShouldHandle = args => ValueTask.FromResult(Failed(args.Outcome)),
            })
            .AddTimeout(TimeSpan.FromSeconds(options.AttemptTimeoutSeconds))
            .Build();
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(Request, request);
            context.Properties.Set(Started, Stopwatch.GetTimestamp());
            return await _pipeline.ExecuteAsync(
                static async (context, send) =>
                    await send(context.Properties.GetValue(Request, null!), context.CancellationToken),
                context,
                (Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>)base.SendAsync);
        }
        catch (TimeoutRejectedException e)
        {
            var reason = new TimeoutException($"{request.RequestUri?.Host} did not answer within {e.Timeout.TotalSeconds} s.", e);
            throw new TaskCanceledException(reason.Message, reason);
        }
        catch (BrokenCircuitException e)
        {
            throw new HttpRequestException($"{request.RequestUri?.Host} failed too often; not asked now.", e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private bool ShouldRetry(ResilienceContext context, Outcome<HttpResponseMessage> outcome)
    {
        if (!Failed(outcome) || !CanSendAgain(context.Properties.GetValue(Request, null!))) return false;
        var left = TimeSpan.FromSeconds(_options.TotalTimeoutSeconds)
            - Stopwatch.GetElapsedTime(context.Properties.GetValue(Started, 0));
        return RetryAfter(outcome.Result) is not { } wait || wait < left;
    }

    // An open circuit is not retried: BrokenCircuitException is not among these.
    private static bool Failed(Outcome<HttpResponseMessage> outcome)
        => outcome.Exception is HttpRequestException or TimeoutRejectedException
            || outcome.Result?.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                or >= HttpStatusCode.InternalServerError;

    // A stream was consumed by the first attempt.
    private static bool CanSendAgain(HttpRequestMessage request)
        => (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options
                || request.Method == HttpMethod.Trace || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete)
            && request.Content is null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent;

    private static TimeSpan? RetryAfter(HttpResponseMessage? response)
    {
        if (response?.Headers.RetryAfter is not { } header) return null;
        var wait = header.Delta ?? header.Date - DateTimeOffset.UtcNow;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
