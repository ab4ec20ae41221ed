using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A port that a resource listens on.</summary>
public sealed class EndpointAnnotation(
    ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null, int? port = null,
    int? targetPort = null, bool? isExternal = null, bool? isProxied = null) : IResourceAnnotation
{
    private readonly TaskCompletionSource<AllocatedEndpoint> _allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>TCP or UDP.</summary>
    public ProtocolType Protocol { get; set; } = protocol;

    /// <summary>Scheme of its URL.</summary>
    public string UriScheme { get; set; } = uriScheme ?? "tcp";

    /// <summary>Transport, such as <c>http</c> or <c>http2</c>.</summary>
    public string Transport { get; set; } = transport ?? (uriScheme is "http" or "https" ? "http" : "tcp");

    /// <summary>Name, unique in its resource.</summary>
    public string Name { get; set; } = name ?? uriScheme ?? "tcp";

    /// <summary>The port asked for on this machine; none means any.</summary>
    public int? Port { get; set; } = port;

    /// <summary>The port inside the container; a native process listens on the allocated one instead.</summary>
    public int? TargetPort { get; set; } = targetPort;

    /// <summary>Host name that URLs show.</summary>
    public string TargetHost { get; set; } = "localhost";

    /// <summary>Whether it is meant for the outside.</summary>
    public bool IsExternal { get; set; } = isExternal ?? false;

    /// <summary>Whether Aspire puts a proxy in front; there is none here.</summary>
    public bool IsProxied { get; set; } = isProxied ?? true;

    /// <summary>The real address, once known.</summary>
    [DisallowNull]
    public AllocatedEndpoint? AllocatedEndpoint
    {
        get => _allocated.Task.IsCompletedSuccessfully ? _allocated.Task.Result : null;
        set => _allocated.TrySetResult(value);
    }

    internal Task<AllocatedEndpoint> WhenAllocated => _allocated.Task;
}

/// <summary>The address that an endpoint got.</summary>
public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port, string? targetPortExpression = null)
{
    /// <summary>Whose address it is.</summary>
    public EndpointAnnotation Endpoint { get; } = endpoint;

    /// <summary>Host.</summary>
    public string Address { get; } = address;

    /// <summary>Port.</summary>
    public int Port { get; } = port;

    /// <summary>The port inside the container.</summary>
    public string? TargetPortExpression { get; } = targetPortExpression;

    /// <summary>Scheme.</summary>
    public string UriScheme => Endpoint.UriScheme;

    /// <summary><c>host:port</c>.</summary>
    public string EndPointString => $"{Address}:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary><c>scheme://host:port</c>.</summary>
    public string UriString => $"{UriScheme}://{EndPointString}";

    /// <inheritdoc/>
    public override string ToString() => UriString;
}

/// <summary>A part of an endpoint.</summary>
public enum EndpointProperty
{
    /// <summary><c>scheme://host:port</c>.</summary>
    Url = 0,

    /// <summary>Host name.</summary>
    Host = 1,

    /// <summary>Address that needs no name lookup.</summary>
    IPV4Host = 2,

    /// <summary>Port to connect to.</summary>
    Port = 3,

    /// <summary>Scheme.</summary>
    Scheme = 4,

    /// <summary>Port that the process listens on.</summary>
    TargetPort = 5,

    /// <summary><c>host:port</c>.</summary>
    HostAndPort = 6,
}

/// <summary>A reference to an endpoint by name; its value is the URL.</summary>
public sealed class EndpointReference : IExpressionValue, IValueWithReferences
{
    private EndpointAnnotation? _annotation;

    /// <summary>Refers to an endpoint that need not exist yet.</summary>
    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
        => (Resource, EndpointName) = (owner, endpointName);

    /// <summary>Refers to an endpoint.</summary>
    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint)
        => (Resource, EndpointName, _annotation) = (owner, endpoint.Name, endpoint);

    /// <summary>The resource that listens.</summary>
    public IResourceWithEndpoints Resource { get; }

    /// <summary>Name of the endpoint.</summary>
    public string EndpointName { get; }

    /// <summary>The endpoint.</summary>
    public EndpointAnnotation EndpointAnnotation => _annotation ??= Find()
        ?? throw new InvalidOperationException($"Resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    /// <summary>Whether the resource has such an endpoint.</summary>
    public bool Exists => (_annotation ??= Find()) is not null;

    /// <summary>Whether its address is known.</summary>
    public bool IsAllocated => Exists && EndpointAnnotation.AllocatedEndpoint is not null;

    /// <summary>Whether it speaks HTTP in the clear.</summary>
    public bool IsHttp => Scheme == "http";

    /// <summary>Scheme.</summary>
    public string Scheme => EndpointAnnotation.UriScheme;

    /// <summary>Host; known once allocated.</summary>
    public string Host => Allocated.Address;

    /// <summary>Port; known once allocated.</summary>
    public int Port => Allocated.Port;

    /// <summary>Port inside the container.</summary>
    public int? TargetPort => EndpointAnnotation.TargetPort;

    /// <summary>URL; known once allocated.</summary>
    public string Url => Allocated.UriString;

    string IManifestExpressionProvider.ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    IEnumerable<object> IValueWithReferences.References => [Resource];

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint
        ?? throw new InvalidOperationException($"Endpoint '{EndpointName}' of '{Resource.Name}' has no address before the start.");

    /// <summary>A part of the endpoint.</summary>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
        => Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    private EndpointAnnotation? Find() => Resource.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(e => e.Name.Equals(EndpointName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A part of an endpoint, known once it is allocated.</summary>
public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property)
    : IExpressionValue, IValueWithReferences
{
    /// <summary>The endpoint.</summary>
    public EndpointReference Endpoint { get; } = endpointReference;

    /// <summary>Which part.</summary>
    public EndpointProperty Property { get; } = property;

    /// <inheritdoc/>
    public string ValueExpression
        => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property.ToString().ToLowerInvariant()}}}";

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    /// <inheritdoc/>
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        if (Property == EndpointProperty.Scheme)
        {
            return Endpoint.Scheme;
        }
        var allocated = await Endpoint.EndpointAnnotation.WhenAllocated.WaitAsync(cancellationToken);
        return Property switch
        {
            EndpointProperty.Url => allocated.UriString,
            EndpointProperty.Host => allocated.Address,
            EndpointProperty.IPV4Host => "127.0.0.1",
            EndpointProperty.HostAndPort => allocated.EndPointString,
            _ => allocated.Port.ToString(CultureInfo.InvariantCulture),
        };
    }
}
