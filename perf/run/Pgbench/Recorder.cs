using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace ScaleHub.Perf.Run.Pgbench;

/// <summary>
/// Stands between a program and PostgreSQL, and writes down what the program sends: the statements, their parameters, and which of them
/// go in one round trip. So pgbench can be given exactly those.
/// <para>It reads the frontend's messages of protocol 3.0 (PostgreSQL documentation, 55.7) and passes everything on unchanged.</para>
/// </summary>
internal sealed class Recorder : IAsyncDisposable
{
    // Of an SSLRequest and a GSSENCRequest, to which the server answers with one byte.
    private const int FirstEncryptionRequest = 80877103, LastEncryptionRequest = 80877104;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IReadOnlyList<Statement>> _batches = [];
    private readonly int _server;
    private volatile bool _isRecording;

    /// <summary>Listens, and passes on to the server of a connection string.</summary>
    public Recorder(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString).Port;
        _listener.Start();
        // Readable only without encryption, which the throw-away servers do not offer anyway.
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
        }.ConnectionString;
        _ = AcceptAsync();
    }

    /// <summary>For the program.</summary>
    public string ConnectionString { get; }

    /// <summary>What is sent while a request is made, and again while another one of the same kind is.</summary>
    /// <exception cref="RowException">No two requests in a row sent the same statements.</exception>
    public async Task<(Recording First, Recording Second)> RecordAsync(Func<Task> request)
    {
        var first = await OnceAsync(request);
        for (var i = 0; i < 20; i++)
        {
            // What the instance does by itself meanwhile is in one of two recordings, and hardly ever in both.
            var second = await OnceAsync(request);
            if (Script.Sql(first).SequenceEqual(Script.Sql(second))) return (first, second);
            first = second;
        }
        throw new RowException($"Requests of the same kind send different statements; the last one sent: {string.Join(" | ", Script.Sql(first))}.");
    }

    private async Task<Recording> OnceAsync(Func<Task> request)
    {
        lock (_batches) _batches.Clear();
        _isRecording = true;
        await request();
        _isRecording = false;
        // The monitor of nodes asks meanwhile, and workers are told of the jobs of several requests at once: no part of one request.
        lock (_batches)
        {
            return new([.. _batches.Where(b => !b.Any(s =>
                s.Sql.Contains("node_state", StringComparison.Ordinal) || s.Sql.StartsWith("notify ", StringComparison.Ordinal)))]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = PassAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The recording is over.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            using (client)
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);
                client.NoDelay = server.NoDelay = true;
                await Task.WhenAny(
                    server.GetStream().CopyToAsync(client.GetStream(), _stop.Token),
                    ReadAsync(client.GetStream(), server.GetStream(), _stop.Token));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // One of the two has closed the connection.
        }
    }

    private async Task ReadAsync(NetworkStream client, NetworkStream server, CancellationToken cancellationToken)
    {
        var session = new Session(Add);
        var (header, started) = (new byte[5], false);
        while (true)
        {
            // Until the session has started, messages have no type in front.
            var skipped = started ? 0 : 1;
            await client.ReadExactlyAsync(header.AsMemory(skipped), cancellationToken);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4];
            await client.ReadExactlyAsync(body, cancellationToken);
            if (started) session.Take((char)header[0], body);
            else if (BinaryPrimitives.ReadInt32BigEndian(body) is not (>= FirstEncryptionRequest and <= LastEncryptionRequest)) started = true;
            byte[] message = [.. header[skipped..], .. body];
            await server.WriteAsync(message, cancellationToken);
        }
    }

    private void Add(IReadOnlyList<Statement> batch)
    {
        if (!_isRecording) return;
        lock (_batches) _batches.Add(batch);
    }

    /// <summary>The messages of one connection: what was parsed is known by its name to what is bound later.</summary>
    private sealed class Session(Action<IReadOnlyList<Statement>> add)
    {
        private readonly Dictionary<string, (string Sql, uint[] Types)> _parsed = [];
        private List<Statement> _batch = [];
        private Statement? _bound;

        public void Take(char type, ReadOnlySpan<byte> body)
        {
            switch (type)
            {
                case 'P':
                    var (name, sql) = (Text(ref body), Text(ref body));
                    var types = new uint[Short(ref body)];
                    for (var i = 0; i < types.Length; i++)
                    {
                        types[i] = BinaryPrimitives.ReadUInt32BigEndian(body);
                        body = body[4..];
                    }
                    _parsed[name] = (sql, types);
                    break;
                case 'B':
                    _bound = Bind(body);
                    break;
                case 'E' when _bound is not null:
                    _batch.Add(_bound);
                    break;
                case 'S':
                    End();
                    break;
                case 'Q':
                    var query = Text(ref body).TrimEnd(';', ' ');
                    _batch.Add(new(query, []));
                    // Npgsql sends BEGIN ahead of the first statement, and does not wait for its answer.
                    if (!query.StartsWith("BEGIN", StringComparison.OrdinalIgnoreCase)) End();
                    break;
            }
        }

        private void End()
        {
            if (_batch.Count == 0) return;
            add(_batch);
            _batch = [];
        }

        private Statement Bind(ReadOnlySpan<byte> body)
        {
            // The portal's name says nothing.
            _ = Text(ref body);
            var (sql, types) = _parsed[Text(ref body)];
            var formats = new short[Short(ref body)];
            for (var i = 0; i < formats.Length; i++) formats[i] = Short(ref body);
            var parameters = new Parameter[Short(ref body)];
            for (var i = 0; i < parameters.Length; i++)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(body);
                body = body[4..];
                var isBinary = formats.Length switch { 0 => false, 1 => formats[0] == 1, _ => formats[i] == 1 };
                var type = i < types.Length ? types[i] : 0;
                parameters[i] = new(type, length < 0 ? null
                    : isBinary ? PostgresValues.Read(type, body[..length]) : Encoding.UTF8.GetString(body[..length]));
                body = body[Math.Max(0, length)..];
            }
            return new(sql, parameters);
        }

        private static string Text(ref ReadOnlySpan<byte> body)
        {
            var end = body.IndexOf((byte)0);
            var text = Encoding.UTF8.GetString(body[..end]);
            body = body[(end + 1)..];
            return text;
        }

        private static short Short(ref ReadOnlySpan<byte> body)
        {
            var value = BinaryPrimitives.ReadInt16BigEndian(body);
            body = body[2..];
            return value;
        }
    }
}
