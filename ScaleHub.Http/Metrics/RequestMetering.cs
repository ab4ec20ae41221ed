using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Overload;

namespace ScaleHub.Http.Metrics;

/// <summary>
/// Tells <see cref="RequestMetrics"/> of each request: whose it was, of which endpoint, how it ended and how long it took.
/// Streams of events are left out, which take as long as somebody looks on.
/// </summary>
public sealed class RequestMetering(RequestMetrics metrics)
{
    /// <summary>What requests for no endpoint are counted as.</summary>
    public const string NoEndpoint = "no such endpoint";

    private static readonly uint None = EndpointId.Of(NoEndpoint);

    // Found once for each endpoint, of which there are as many as routes.
    private readonly ConcurrentDictionary<Endpoint, uint?> _ids = new();

    /// <summary>Counts a request that was answered.</summary>
    public void Record(HttpContext context, TimeSpan took)
    {
        // An exception's problem is written without the endpoint, which its handler keeps.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        var id = endpoint is null ? None : _ids.GetOrAdd(endpoint, static e => IsStream(e) ? null : EndpointId.Of(EndpointNames.Of(e)));
        if (id is not { } counted) return;
        var caller = context.Features.Get<AccessToken>();
        metrics.Record(new(caller?.CompanyId ?? RequestMetrics.Everybody, caller is { IsKey: false } ? caller.UserId : Guid.Empty,
            counted, context.Response.StatusCode, took, TraceId()));
    }

    private static UInt128 TraceId()
    {
        if (Activity.Current is not { } activity) return 0;
        Span<byte> id = stackalloc byte[16];
        activity.TraceId.CopyTo(id);
        return BinaryPrimitives.ReadUInt128BigEndian(id);
    }

    private static bool IsStream(Endpoint endpoint) => endpoint.Metadata.GetMetadata<LoadShedding.IsStream>() is not null;
}

/// <summary>Registers it.</summary>
public static class RequestMeteringExtensions
{
    /// <summary>The companies' metrics, in a program that answers requests. After the cache, whose lookups they count.</summary>
    public static void AddRequestMetering(this IHostApplicationBuilder builder)
    {
        builder.Services.AddInstanceReport();
        builder.Services.AddSingleton<RequestMetrics>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RequestMetrics>());
        builder.Services.AddSingleton<RequestMetering>();
        builder.Services.AddSingleton<EndpointNames>();
    }
}
