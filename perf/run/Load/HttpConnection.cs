using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ScaleHub.Perf.Run.Load;

/// <summary>
/// One connection of a client, by hand: <see cref="HttpClient"/> would cost more for each request than what is measured. It keeps no
/// buffer between requests, so that ten thousand of them cost little.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private const int Buffer = 64 * 1024;
    private readonly Socket _socket;

    private HttpConnection(Socket socket) => _socket = socket;

    /// <summary>Connects, from an address of this machine when there is one.</summary>
    public static async Task<HttpConnection> OpenAsync(Uri address, IPAddress? from = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // IPv4 alone, as the address to bind to is.
            if (from is not null)
            {
                socket.Dispose();
                socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(from, 0));
            }
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of a read.</summary>
    public static byte[] Get(Uri address, string path, string token)
        => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\n\r\n");

    /// <summary>The bytes of a creation.</summary>
    public static byte[] Post(Uri address, string path, string token, string key, string body)
        => Encoding.UTF8.GetBytes($"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>Sends a request and reads the whole answer; its status.</summary>
    /// <exception cref="IOException">The server closed the connection.</exception>
    public async Task<int> AskAsync(ReadOnlyMemory<byte> request)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            await _socket.SendAsync(request);
            var length = 0;
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(length));
                if (read == 0) throw new IOException("The server closed the connection.");
                length += read;
                if (Status(buffer.AsSpan(0, length)) is { } status) return status;
                if (length == buffer.Length) throw new IOException($"An answer has more than {buffer.Length} bytes.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _socket.Dispose();

    // Null while a part is missing.
    private static int? Status(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return null;
        var status = int.Parse(answer[9..12], CultureInfo.InvariantCulture);
        var body = answer[(head + 4)..];
        var at = answer[..head].IndexOf("Content-Length: "u8);
        // Without it, the answer is in chunks, or has no body.
        if (at < 0) return status is 204 or 304 || body.EndsWith("0\r\n\r\n"u8) ? status : null;
        var digits = answer[(at + 16)..];
        return body.Length == int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture) ? status : null;
    }
}
