using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Http.Assets;

namespace ScaleHub.Http.Metrics;

/// <summary>
/// What endpoints are called in the companies' metrics, by method and route (<c>GET /api/v1/tasks/{id}</c>), and back from the
/// number that is stored.
/// </summary>
public sealed class EndpointNames(EndpointDataSource endpoints)
{
    private readonly Lazy<Dictionary<uint, string>> _names = new(() => endpoints.Endpoints.Select(Of)
        .Append(RequestMetering.NoEndpoint).Distinct().ToDictionary(EndpointId.Of));

    /// <summary>The name of an endpoint.</summary>
    public static string Of(Endpoint endpoint)
    {
        // Also where there is a path, but not for that method (405).
        if (endpoint is not RouteEndpoint { RoutePattern.RawText: { } route }) return RequestMetering.NoEndpoint;
        route = "/" + route.Trim('/');
        // Each file is a route of its own.
        if (route.StartsWith(StaticAssets.Path + "/", StringComparison.Ordinal)) route = StaticAssets.Path;
        var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is [var first, ..] ? first : "GET";
        return $"{method} {route}";
    }

    /// <summary>The name of a number; of an endpoint that this version does not have any more, the number.</summary>
    public string Find(uint id) => id == EndpointId.Unreadable ? "figures of another version" : _names.Value.TryGetValue(id, out var name) ? name : $"an endpoint of another version ({id:x8})";
}
