using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ScaleHub.Perf.Lists;

/// <summary>A server that is asked for the same thing again and again, and what came of it.</summary>
internal sealed class Contender(string name, int processId, Uri address, string path, string? token)
{
    private readonly byte[] _request = Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}\r\n");

    private readonly List<double> _milliseconds = [];
    private double _cpu;
    private long _requests;

    public string Name => name;

    /// <summary>Requests per second, of each turn.</summary>
    public List<double> Rates { get; } = [];

    /// <summary>The median turn's.</summary>
    public double PerSecond => Rates.Order().ElementAt(Rates.Count / 2);

    /// <summary>Processor time of the server for one request.</summary>
    public double MicrosecondsEach => _cpu * 1e6 / _requests;

    public double P99 => _milliseconds.Order().ElementAt(_milliseconds.Count * 99 / 100);

    /// <summary>Each connection asks again when it has its answer.</summary>
    public async Task RunAsync(int connections, TimeSpan time, bool counts)
    {
        var (clock, cpu) = (Stopwatch.StartNew(), Cpu());
        var took = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => AskAsync(clock, time))));
        var elapsed = clock.Elapsed.TotalSeconds;
        if (!counts) return;
        var requests = took.Sum(t => t.Count);
        Rates.Add(requests / elapsed);
        _cpu += Cpu() - cpu;
        _requests += requests;
        foreach (var connection in took) _milliseconds.AddRange(connection);
    }

    // By hand: a client that does more for each request than the server would be what is measured.
    private async Task<List<double>> AskAsync(Stopwatch clock, TimeSpan time)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        var (buffer, took) = (new byte[64 * 1024], new List<double>());
        while (clock.Elapsed < time)
        {
            var began = Stopwatch.GetTimestamp();
            await socket.SendAsync(_request);
            var length = 0;
            do
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length));
                if (read == 0) throw new IOException($"{name} closed the connection.");
                length += read;
            }
            while (!IsWhole(buffer.AsSpan(0, length)));
            took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        return took;
    }

    private bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        if (!answer.StartsWith("HTTP/1.1 200 "u8)) throw new IOException($"{name}: {Encoding.ASCII.GetString(answer)}");
        var body = answer[(head + 4)..];
        var at = answer[..head].IndexOf("Content-Length: "u8);
        if (at < 0) return body.EndsWith("\r\n0\r\n\r\n"u8); // Chunked.
        var digits = answer[(at + 16)..];
        return body.Length == int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
    }

    private double Cpu()
    {
        using var process = Process.GetProcessById(processId);
        return process.TotalProcessorTime.TotalSeconds;
    }
}
