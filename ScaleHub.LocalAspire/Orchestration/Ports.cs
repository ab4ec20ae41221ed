using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Gives every endpoint its port. A port stays bound, without listening, for as long as the graph runs: nobody else gets
/// it as a random one, yet the server it is meant for can listen on it, because both sides ask for address reuse. So there
/// is no moment in which it is free, and a restarted resource gets its port back.
/// </summary>
internal sealed class Ports : IDisposable
{
    private readonly List<Socket> _held = [];

    /// <exception cref="StartException">The port is taken and may not move.</exception>
    public void Allocate(IResource resource, EndpointAnnotation endpoint, RunOptions options, Action<string> tell)
    {
        var wanted = options.IsTest ? null : endpoint.Port;
        var port = wanted is null ? HoldAny() : HoldFrom(resource.Name, wanted.Value, options.FixedPorts);
        if (wanted is not null && port != wanted)
        {
            tell($"{resource.Name}: port {wanted} is taken, using {port}");
        }
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost, port);
    }

    public int HoldFrom(string name, int wanted, bool isFixed)
    {
        for (var port = wanted; port < Math.Min(wanted + 100, 65_536); port++)
        {
            if (!IsListenedOn(port) && TryHold(port))
            {
                return port;
            }
            if (isFixed)
            {
                throw Taken(name, port);
            }
        }
        throw new StartException($"{name}: the ports from {wanted} to {wanted + 99} are all taken; free one of them.");
    }

    public static StartException Taken(string name, int port) => new($"{name}: port {port} is taken by another program: "
        + $"stop that program (ss -ltnp 'sport = :{port}' shows it), or start without --fixed-ports.");

    public void Dispose() => _held.ForEach(s => s.Dispose());

    private int HoldAny()
    {
        while (true)
        {
            var socket = Bind(IPAddress.Loopback, 0);
            var port = ((IPEndPoint)socket!.LocalEndPoint!).Port;
            if (TryHoldIPv6(port))
            {
                _held.Add(socket);
                return port;
            }
            socket.Dispose();
        }
    }

    private bool TryHold(int port)
    {
        if (Bind(IPAddress.Loopback, port) is not { } socket)
        {
            return false;
        }
        if (TryHoldIPv6(port))
        {
            _held.Add(socket);
            return true;
        }
        socket.Dispose();
        return false;
    }

    // Servers listen on both addresses of localhost, where the machine has both.
    private bool TryHoldIPv6(int port)
    {
        if (!Socket.OSSupportsIPv6)
        {
            return true;
        }
        try
        {
            var socket = Bind(IPAddress.IPv6Loopback, port);
            if (socket is null)
            {
                return false;
            }
            _held.Add(socket);
            return true;
        }
        catch (SocketException absent) when (absent.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return true;
        }
    }

    private static Socket? Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Address reuse would let us bind beside a listener of another address family; listening ourselves for a moment tells.
    private static bool IsListenedOn(int port)
    {
        foreach (var address in Socket.OSSupportsIPv6 ? new[] { IPAddress.Any, IPAddress.IPv6Any } : [IPAddress.Any])
        {
            using var probe = new TcpListener(address, port);
            try
            {
                probe.Start();
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                return true;
            }
            catch (SocketException absent) when (absent.SocketErrorCode
                is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
            {
                // This address family is switched off.
            }
        }
        return false;
    }
}
