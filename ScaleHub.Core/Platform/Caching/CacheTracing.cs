using System.Diagnostics;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// Spans of loads, source <c>ScaleHub.Cache</c>: <c>cache load tasks</c>, with the namespace and never the key, which may hold
/// what nobody should read. A hit has none: it takes microseconds, and most lookups are hits.
/// </summary>
internal static class CacheTracing
{
    private static readonly ActivitySource Traces = new("ScaleHub.Cache");

    /// <summary>Runs a load in a span of the request or job whose lookup caused it.</summary>
    /// <param name="lookup">What is loaded.</param>
    /// <param name="load">Loads it.</param>
    /// <param name="behindHit">The request was answered already: the value is loaded ahead of its end.</param>
    public static async Task<T> LoadAsync<T>(CacheLookup lookup, Func<Task<T>> load, bool behindHit = false)
    {
        // Upkeep, as the warming at the start, is in no trace (docs/telemetry.md).
        using var span = Activity.Current is null ? null : Traces.StartActivity($"cache load {lookup.Tags[0]}");
        span?.SetTag("scalehub.cache.namespace", lookup.Tags[0]).SetTag("scalehub.cache.refresh", behindHit);
        try
        {
            return await load();
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", e.GetType().FullName);
            throw;
        }
    }
}
