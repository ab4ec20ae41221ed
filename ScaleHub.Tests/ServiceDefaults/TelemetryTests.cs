using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using ScaleHub.ServiceDefaults.Configuration;
using ScaleHub.Testing;

namespace ScaleHub.Tests.ServiceDefaults;

public sealed class TelemetryTests
{
    private static readonly ActivitySource Source = new("ScaleHub.Tests");
    private static readonly Meter Meter = new("ScaleHub.Tests");

    [Fact]
    public async Task What_the_last_flush_has_to_send_arrives_under_the_service_name_and_with_the_headers_of_the_settings()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        static void Ping(ILogger<TelemetryTests> logger)
        {
            using var span = Source.StartActivity("inner-span");
            Meter.CreateCounter<int>("test-counter").Add(1);
            logger.LogInformation("a log line of {Number}", 42);
        }
        await using (var app = await TestApp.StartAsync(Settings(receiver.Address), map: app => app.MapGet("/ping", Ping)))
        {
            using var client = new HttpClient { BaseAddress = app.Address() };
            await client.GetStringAsync(new Uri("/ping", UriKind.Relative));
            await app.StopAsync();
        }

        // The process has spans of other tests too; those of this request are one trace.
        var inner = Assert.Single(receiver.Spans, s => s.Name == "inner-span");
        Assert.Contains(receiver.Trace(inner.TraceId), s => s.Name == "GET /ping" && s.SpanId == inner.ParentId);
        Assert.Contains(receiver.Metrics, m => m.Name == "test-counter");
        var log = Assert.Single(receiver.Logs, l => l.Text == "a log line of 42");
        Assert.Equal((inner.TraceId, inner.SpanId, "42"), (log.TraceId, log.SpanId, log.Attributes["Number"]));
        Assert.Equal(["my-service"], receiver.Resources.Keys);
        Assert.Equal("abc", receiver.LastHeaders["x-key"]);
    }

    [Fact]
    public async Task Without_a_name_from_outside_the_service_is_the_program()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var settings = Settings(receiver.Address);
        settings.Remove("OTEL_SERVICE_NAME");
        await using (var app = await TestApp.StartAsync(settings))
        {
            await app.StopAsync();
            Assert.Equal([app.Environment.ApplicationName], receiver.Resources.Keys);
        }
    }

    [Fact]
    public async Task Without_a_collector_nothing_is_collected()
    {
        await using var app = await TestApp.StartAsync();
        Assert.Null(app.Services.GetService<TracerProvider>());
        Assert.Null(app.Services.GetService<MeterProvider>());
    }

    [Fact]
    public async Task An_endpoint_that_is_no_url_stops_the_start_with_its_name()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TestApp.StartAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "localhost" }));
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", error.Message, StringComparison.Ordinal);
    }

    internal static Dictionary<string, string?> Settings(Uri collector) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-key=abc",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
        // As after some time: an export is under way when the end comes.
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "50",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
        ["OTEL_SERVICE_NAME"] = "my-service",
        ["APP_NAME"] = "not-this",
    };
}
