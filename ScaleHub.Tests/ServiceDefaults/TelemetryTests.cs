using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.Tests.ServiceDefaults;

public sealed class TelemetryTests
{
    private static readonly ActivitySource Source = new("ScaleHub.Tests");
    private static readonly Meter Meter = new("ScaleHub.Tests");

    [Fact]
    public async Task Spans_metrics_and_logs_arrive_at_the_collector_under_the_service_name_and_health_requests_do_not()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await TestApp.StartServerAsync(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            // Texts stand in protobuf as they are.
            var text = Encoding.Latin1.GetString(body.ToArray());
            received.AddOrUpdate($"{http.Request.Path} {http.Request.Headers["x-key"]}", text, (_, before) => before + text);
        });
        static void Ping(ILogger<TelemetryTests> logger)
        {
            using var span = Source.StartActivity("inner-span");
            Meter.CreateCounter<int>("test-counter").Add(1);
            logger.LogInformation("a log line of {Number}", 42);
        }
        await using (var app = await TestApp.StartAsync(Settings(collector.Address()), map: app => app.MapGet("/ping", Ping)))
        {
            // No span of its own: it would be exported too, since it is made in this process.
            using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
            using var client = new HttpClient(handler) { BaseAddress = app.Address() };
            await client.GetStringAsync(new Uri("/health/live", UriKind.Relative));
            await client.GetStringAsync(new Uri("/ping", UriKind.Relative));
            await app.StopAsync();
        }

        var (traces, metrics, logs) = (received["/v1/traces abc"], received["/v1/metrics abc"], received["/v1/logs abc"]);
        Assert.All(["inner-span", "/ping", "my-service"], text => Assert.Contains(text, traces, StringComparison.Ordinal));
        Assert.All(["test-counter", "http.server.request.duration", "my-service"],
            text => Assert.Contains(text, metrics, StringComparison.Ordinal));
        Assert.All(["a log line of 42", "my-service"], text => Assert.Contains(text, logs, StringComparison.Ordinal));
        // A path or a name. A whole URL would be a request that another test, in this same process, makes at the moment.
        Assert.DoesNotMatch("(?<![0-9])/health/", traces);
    }

    [Fact]
    public async Task A_collector_that_accepts_and_never_answers_delays_neither_requests_nor_much_of_the_end()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = new Uri($"http://{silent.LocalEndpoint}");
        await using var app = await TestApp.StartAsync(Settings(address), map: app => app.MapGet("/ping", () => "pong"));
        using var client = new HttpClient { BaseAddress = app.Address() };
        for (var i = 0; i < 100; i++) await client.GetStringAsync(new Uri("/ping", UriKind.Relative));

        var start = Stopwatch.GetTimestamp();
        await app.StopAsync();
        await app.DisposeAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 3.5);
    }

    [Fact]
    public async Task An_endpoint_that_is_no_url_stops_the_start_with_its_name()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TestApp.StartAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "localhost" }));
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Settings(Uri collector) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-key=abc",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
        ["OTEL_SERVICE_NAME"] = "my-service",
        ["APP_NAME"] = "not-this",
    };
}
