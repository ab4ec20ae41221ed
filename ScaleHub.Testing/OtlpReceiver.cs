using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ScaleHub.Testing;

/// <summary>A span that a process sent. <paramref name="ParentId"/> is empty for the first of a trace.</summary>
public sealed record ReceivedSpan(
    string Service, string Scope, string Name, ActivityKind Kind, string TraceId, string SpanId, string ParentId,
    DateTimeOffset Began, DateTimeOffset Ended, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A metric with the attributes of one of its series.</summary>
public sealed record ReceivedMetric(string Service, string Scope, string Name, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A log record, formatted. <paramref name="TraceId"/> is empty where there was no span.</summary>
public sealed record ReceivedLog(
    string Service, string Category, string Text, string TraceId, string SpanId, IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// A collector: takes what processes send by OTLP over HTTP (opentelemetry-proto 1.x, "OTLP/HTTP", binary) and keeps it. Give its
/// <see cref="Settings"/> to a process as environment variables.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentQueue<ReceivedMetric> _metrics = new();
    private readonly ConcurrentQueue<ReceivedLog> _logs = new();
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _resources = new();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>What a process needs to send here, soon after something happened.</summary>
    public (string Name, string Value)[] Settings =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", Address.ToString()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];

    /// <summary>All spans so far, in the order of their arrival.</summary>
    public IReadOnlyList<ReceivedSpan> Spans => [.. _spans];

    /// <summary>All series so far; one appears again with every export.</summary>
    public IReadOnlyList<ReceivedMetric> Metrics => [.. _metrics];

    /// <summary>All log records so far.</summary>
    public IReadOnlyList<ReceivedLog> Logs => [.. _logs];

    /// <summary>What the processes say of themselves, by <c>service.name</c>; the last that spoke.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Resources => _resources;

    /// <summary>Headers of the last request (<c>OTEL_EXPORTER_OTLP_HEADERS</c>).</summary>
    public IReadOnlyDictionary<string, string> LastHeaders { get; private set; } = new Dictionary<string, string>();

    /// <summary>Starts on a free port of the loopback interface.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The spans of a trace so far.</summary>
    public IReadOnlyList<ReceivedSpan> Trace(string traceId) => [.. _spans.Where(s => s.TraceId == traceId)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        LastHeaders = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        // Export…ServiceRequest { Resource… = 1 { resource = 1 { attributes = 1 },
        //                                         scope_… = 2 { scope = 1 { name = 1 }, items = 2 } } }
        foreach (var ofResource in Protobuf.Read(body.ToArray()).Where(f => f.Number == 1))
        {
            var resource = Attributes(ofResource.Fields.Where(f => f.Number == 1).SelectMany(f => f.Fields), number: 1);
            var service = resource.GetValueOrDefault("service.name", "");
            _resources[service] = resource;
            foreach (var ofScope in ofResource.Fields.Where(f => f.Number == 2))
            {
                var scope = ofScope.Fields.FirstOrDefault(f => f.Number == 1).Fields.FirstOrDefault(f => f.Number == 1).Text;
                foreach (var item in ofScope.Fields.Where(f => f.Number == 2)) Keep(http.Request.Path, service, scope, item);
            }
        }
        http.Response.ContentType = "application/x-protobuf";
    }

    private void Keep(string path, string service, string scope, ProtobufField item)
    {
        var fields = item.Fields.ToLookup(f => f.Number);
        ProtobufField One(int number) => fields[number].FirstOrDefault();
        switch (path)
        {
            case "/v1/traces":
                // trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, kind = 6 (one more than .NET's), start and end in ns = 7 and 8,
                // attributes = 9
                _spans.Enqueue(new(service, scope, One(5).Text, (ActivityKind)(One(6).Value - 1),
                    One(1).Hex, One(2).Hex, One(4).Hex, Time(One(7)), Time(One(8)), Attributes(item.Fields, number: 9)));
                break;
            case "/v1/logs":
                // body = 5, attributes = 6, trace_id = 9, span_id = 10
                _logs.Enqueue(new(service, scope, Text(One(5)), One(9).Hex, One(10).Hex, Attributes(item.Fields, number: 6)));
                break;
            case "/v1/metrics":
                // gauge = 5, sum = 7, histogram = 9, exponential_histogram = 10, each { data_points = 1 }, whose attributes are
                // 7, 7, 9 and 1.
                foreach (var (data, attributes) in (ReadOnlySpan<(int, int)>)[(5, 7), (7, 7), (9, 9), (10, 1)])
                    foreach (var point in fields[data].SelectMany(f => f.Fields).Where(f => f.Number == 1))
                        _metrics.Enqueue(new(service, scope, One(1).Text, Attributes(point.Fields, attributes)));
                break;
        }
    }

    private static DateTimeOffset Time(ProtobufField nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds.Value / 100));

    private static Dictionary<string, string> Attributes(IEnumerable<ProtobufField> message, int number)
    {
        Dictionary<string, string> attributes = [];
        // KeyValue { key = 1, value = 2 }
        foreach (var pair in message.Where(f => f.Number == number).Select(f => f.Fields.ToLookup(p => p.Number)))
            attributes[pair[1].Single().Text] = Text(pair[2].FirstOrDefault());
        return attributes;
    }

    // AnyValue { string_value = 1, bool_value = 2, int_value = 3, double_value = 4 }; the rest is not looked at by any test.
    private static string Text(ProtobufField any)
        => any.Fields.FirstOrDefault() switch
        {
            { Number: 1 } text => text.Text,
            { Number: 2 } flag => flag.Value != 0 ? "true" : "false",
            { Number: 3 } whole => ((long)whole.Value).ToString(CultureInfo.InvariantCulture),
            { Number: 4 } number => number.Double.ToString(CultureInfo.InvariantCulture),
            _ => "",
        };
}
