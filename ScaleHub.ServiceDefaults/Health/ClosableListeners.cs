using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ScaleHub.ServiceDefaults.Health;

/// <summary>
/// Kestrel's own transport, whose listeners can be closed before the server stops. Kestrel closes a listener and all connections
/// without a request at one moment: a connection that a balancer has just made loses the request that is on its way, and a POST
/// may not be repeated. With the listener closed first, new connections are refused, which a balancer repeats elsewhere, while those
/// that were made before are still served.
/// </summary>
internal sealed class ClosableListeners(IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(options, loggers);
    private readonly ConcurrentQueue<IConnectionListener> _listeners = new();

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await _sockets.BindAsync(endpoint, cancellationToken);
        _listeners.Enqueue(listener);
        return listener;
    }

    /// <summary>Refuses new connections from now on. Kestrel takes that for the end of its listener, and may close it again.</summary>
    public async Task CloseAsync()
    {
        foreach (var listener in _listeners) await listener.UnbindAsync();
    }
}
