using System.Net;
using System.Net.Sockets;
using ScaleHub.MailCatcher;

namespace ScaleHub.Testing;

/// <summary>A mail server in the process of the test; it can be stopped and started again on its port.</summary>
public sealed class CatchingMailServer : IAsyncDisposable
{
    private readonly int _port;
    private Catcher? _server;

    public CatchingMailServer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public Mailbox Mailbox { get; } = new();

    /// <summary>The connection string <c>mail</c>.</summary>
    public string Url => $"smtp://127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        _server = new Catcher(Mailbox, _port);
        await _server.StartAsync(CancellationToken.None);
        await Poll.UntilAsync(async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
        });
    }

    public async Task StopAsync()
    {
        if (_server is null) return;
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        _server = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
