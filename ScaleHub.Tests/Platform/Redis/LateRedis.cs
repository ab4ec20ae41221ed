using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Redis;

/// <summary>
/// A network between a Redis server and its clients that delivers answers late: each byte of the server's arrives
/// <see cref="Delay"/> after it was sent, in order. Commands arrive at once.
/// </summary>
internal sealed class LateRedis : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _tasks = [];
    private readonly int _server;
    private long _delayMs;

    public LateRedis(RedisServer server)
    {
        _server = int.Parse(server.ConnectionString.Split(':')[1], null);
        _listener.Start();
        _tasks.Add(AcceptAsync());
    }

    /// <summary>How late the answers are that the server sends from now on.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromMilliseconds(Volatile.Read(ref _delayMs));
        set => Volatile.Write(ref _delayMs, (long)value.TotalMilliseconds);
    }

    /// <summary>A store that is connected through this network.</summary>
    public RedisStore CreateStore(RedisOptions? options = null)
    {
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("ConnectionStrings:redis", $"127.0.0.1:{port}")]).Build();
        return new(configuration, Options.Create(options ?? new()), TimeProvider.System, NullLogger<RedisStore>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        while (_tasks.TryTake(out var task)) await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _tasks.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);
            (client.NoDelay, server.NoDelay) = (true, true);
            var answers = Channel.CreateUnbounded<(byte[] Bytes, long Due)>();
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream(), _stop.Token),
                ReceiveAsync(server.GetStream(), answers.Writer),
                DeliverAsync(answers.Reader, client.GetStream()));
        }
    }

    private async Task ReceiveAsync(NetworkStream server, ChannelWriter<(byte[], long)> answers)
    {
        var buffer = new byte[1 << 16];
        while (await server.ReadAsync(buffer, _stop.Token) is > 0 and var read)
            await answers.WriteAsync((buffer[..read], Environment.TickCount64 + (long)Delay.TotalMilliseconds), _stop.Token);
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Bytes, long Due)> answers, NetworkStream client)
    {
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        await foreach (var (bytes, due) in answers.ReadAllAsync(_stop.Token))
        {
            while (Environment.TickCount64 < due) await clock.WaitForNextTickAsync(_stop.Token);
            await client.WriteAsync(bytes, _stop.Token);
        }
    }
}
