using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace ScaleHub.Http.Overload;

/// <summary>Section <c>Overload</c>.</summary>
public sealed class OverloadOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Overload";

    /// <summary>
    /// Requests that are worked on at a time. By default 32 for each core: at 5 ms a request that is 6,400 requests/s and core,
    /// more than a core can do, and not yet so many that they wait for each other's processor time.
    /// </summary>
    [Range(1, 100_000)] public int Concurrency { get; set; } = 32 * Environment.ProcessorCount;

    /// <summary>
    /// Requests that wait for one of those places. By default four for each place: at 5 ms a request, the last of them waits about
    /// 20 ms. A pause of the whole instance for longer than it takes to fill the queue turns requests away.
    /// </summary>
    [Range(0, 1_000_000)] public int Queue { get; set; } = 4 * 32 * Environment.ProcessorCount;

    /// <summary>Places beyond those, for endpoints that are marked with <c>WithReserve</c>.</summary>
    [Range(1, 10_000)] public int Reserve { get; set; } = 2 * Environment.ProcessorCount;

    /// <summary>
    /// Streams that an instance serves at a time (<see cref="LoadShedding.AsStream"/>), beside its requests. By default 100 for each
    /// core.
    /// </summary>
    [Range(1, 100_000)] public int Streams { get; set; } = 100 * Environment.ProcessorCount;

    /// <summary>Seconds after which a client that was turned away may try again.</summary>
    [Range(1, 3600)] public int RetryAfterSeconds { get; set; } = 1;
}

/// <summary>
/// Sheds load that this instance cannot carry, early, so that what it accepts it does in good time.
/// <para>Guarantee: at most <see cref="OverloadOptions.Concurrency"/> requests are worked on at a time and at most
/// <see cref="OverloadOptions.Queue"/> wait, in order. Any other is answered at once with 503 and <c>Retry-After</c> (RFC 9110,
/// 15.6.4 and 10.2.3), before its token is checked and before it counts against a rate limit. Endpoints with a reserve, which are
/// signing in and out, get through while the rest is full. Health endpoints are answered ahead of all this.</para>
/// <para>Source: "Handling Overload" in Site Reliability Engineering, ch. 21. It depends on nothing that could fail.</para>
/// </summary>
public static class LoadShedding
{
    /// <summary>Gets a place from the reserve when all others are taken.</summary>
    public static T WithReserve<T>(this T endpoints) where T : IEndpointConventionBuilder
        => endpoints.WithMetadata(new HasReserve());

    /// <summary>
    /// The answer takes minutes and next to no work: it gets one of <see cref="OverloadOptions.Streams"/> places, and none of those for
    /// requests.
    /// </summary>
    public static T AsStream<T>(this T endpoints) where T : IEndpointConventionBuilder
        => endpoints.WithMetadata(new IsStream());

    /// <summary>Registers the places.</summary>
    public static void AddLoadShedding(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<OverloadOptions>().BindConfiguration(OverloadOptions.Section)
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<Places>();
    }

    /// <summary>Right after routing, which tells whether there is a reserve; before anything that costs.</summary>
    public static void UseLoadShedding(this WebApplication app)
    {
        var places = app.Services.GetRequiredService<Places>();
        var problems = app.Services.GetRequiredService<IProblemDetailsService>();
        var options = app.Services.GetRequiredService<IOptions<OverloadOptions>>().Value;
        var retryAfter = options.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        app.Use(async (context, next) =>
        {
            using var place = await places.TakeAsync(context.GetEndpoint()?.Metadata, context.RequestAborted);
            if (place.IsAcquired)
            {
                await next(context);
                return;
            }
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = retryAfter;
            context.Response.Headers.CacheControl = "no-store";
            await problems.WriteAsync(new()
            {
                HttpContext = context,
                ProblemDetails = new ProblemDetails { Status = 503, Detail = "The service is busy. Try again shortly." },
            });
        });
    }

    private sealed record HasReserve;

    internal sealed record IsStream;

    /// <summary>The places, and meter <c>ScaleHub.Overload</c>.</summary>
    private sealed class Places : IDisposable
    {
        private readonly ConcurrencyLimiter _places, _reserve, _streams;
        private readonly Counter<long> _shed;

        public Places(IOptions<OverloadOptions> options, IMeterFactory meters)
        {
            var (concurrency, queue) = (options.Value.Concurrency, options.Value.Queue);
            _places = new(new()
            {
                PermitLimit = concurrency,
                QueueLimit = queue,
                QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            });
            _reserve = new(new() { PermitLimit = options.Value.Reserve, QueueLimit = 0 });
            _streams = new(new() { PermitLimit = options.Value.Streams, QueueLimit = 0 });
            var meter = meters.Create("ScaleHub.Overload");
            _shed = meter.CreateCounter<long>("scalehub.overload.shed", "{request}",
                "Requests that were turned away because all places were taken.");
            meter.CreateObservableGauge("scalehub.overload.in_use",
                () => concurrency - (_places.GetStatistics()?.CurrentAvailablePermits ?? 0), "{request}",
                "Requests that are worked on.");
            meter.CreateObservableGauge("scalehub.overload.queued",
                () => _places.GetStatistics()?.CurrentQueuedCount ?? 0, "{request}", "Requests that wait for a place.");
        }

        /// <summary>
        /// A place, or a lease that was not acquired. A request with a reserve does not wait behind the others.
        /// </summary>
        public async ValueTask<RateLimitLease> TakeAsync(EndpointMetadataCollection? endpoint, CancellationToken cancellationToken)
        {
            var isStream = endpoint?.GetMetadata<IsStream>() is not null;
            var place = isStream ? _streams.AttemptAcquire() : _places.AttemptAcquire();
            if (!place.IsAcquired && endpoint?.GetMetadata<HasReserve>() is not null) place = _reserve.AttemptAcquire();
            if (!place.IsAcquired && !isStream) place = await _places.AcquireAsync(1, cancellationToken);
            if (!place.IsAcquired) _shed.Add(1);
            return place;
        }

        public void Dispose()
        {
            _places.Dispose();
            _reserve.Dispose();
            _streams.Dispose();
        }
    }
}
