using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Trace;
using ScaleHub.ServiceDefaults.Configuration;
using ScaleHub.Testing;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>The private port of a process: its metrics, and nothing else.</summary>
public sealed class MetricsEndpointTests
{
    private static readonly HttpClient Client = new();

    [Fact]
    public async Task The_private_port_shows_metrics_and_nothing_else_and_the_public_one_does_not_show_them()
    {
        var port = FreePort.Find();
        await using var app = await TestApp.StartAsync(
            new() { ["Metrics:Port"] = $"{port}" }, map: app => app.MapGet("/ping", () => "pong"));
        Assert.Equal("pong", await Client.GetStringAsync(new Uri(app.Address(), "/ping")));

        var metrics = await PrometheusText.ScrapeAsync(port);
        Assert.Contains("http_route", metrics["http_server_request_duration_seconds_count"]);
        Assert.Contains("dotnet_process_memory_working_set_bytes", metrics);
        Assert.Contains("scalehub_process_memory_limit_bytes", metrics);
        foreach (var path in (string[])["/", "/ping", "/health/ready", "/metricsx"])
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new($"http://127.0.0.1:{port}{path}")));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new(app.Address(), "/metrics")));
        // Nothing is sent to anybody.
        Assert.Null(app.Services.GetService<TracerProvider>());
    }

    [Fact]
    public async Task Metrics_are_shown_and_sent_at_once_and_a_scrape_is_no_request()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var port = FreePort.Find();
        var settings = TelemetryTests.Settings(receiver.Address);
        settings["Metrics:Port"] = $"{port}";
        await using (var app = await TestApp.StartAsync(settings, map: app => app.MapGet("/ping", () => "pong")))
        {
            await Client.GetStringAsync(new Uri(app.Address(), "/ping"));
            Assert.Contains("scalehub_process_memory_limit_bytes", await PrometheusText.ScrapeAsync(port));
            await app.StopAsync();
        }
        Assert.Contains(receiver.Metrics, m => m.Name == "scalehub.process.memory.limit");
        Assert.Contains(receiver.Spans, s => s.Name == "GET /ping");
        Assert.DoesNotContain(receiver.Spans, s => s.Attributes.GetValueOrDefault("url.path") == "/metrics");
    }

    [Fact]
    public async Task It_listens_where_it_is_told_and_on_the_loopback_interface_otherwise()
    {
        var (port, other) = (FreePort.Find(), FreePort.Find());
        await using var local = await TestApp.StartAsync(new() { ["Metrics:Port"] = $"{port}" });
        await using var everywhere = await TestApp.StartAsync(
            new() { ["Metrics:Port"] = $"{other}", ["Metrics:Address"] = "0.0.0.0" });
        // All of 127.0.0.0/8 is this machine; only one address of it is what the default says.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(new($"http://127.0.0.2:{other}/metrics")));
        await Assert.ThrowsAsync<HttpRequestException>(() => StatusAsync(new($"http://127.0.0.2:{port}/metrics")));
    }

    [Fact]
    public async Task A_process_that_drains_still_shows_its_metrics()
    {
        var port = FreePort.Find();
        await using var app = await TestApp.StartAsync(new() { ["Metrics:Port"] = $"{port}", ["Shutdown:DrainSeconds"] = "5" });
        // As SIGTERM does.
        app.Lifetime.StopApplication();
        var stopping = app.StopAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(new(app.Address(), "/health/ready")));
        Assert.Contains("scalehub_process_memory_limit_bytes", await PrometheusText.ScrapeAsync(port));
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => StatusAsync(new($"http://127.0.0.1:{port}/metrics")));
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_with_the_name_of_the_setting()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TestApp.StartAsync(new() { ["Metrics:Port"] = $"{port}" }));
        Assert.Contains("Metrics__Port", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{port}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Metrics:Port", "65536")]
    [InlineData("Metrics:Port", "-1")]
    [InlineData("Metrics:Address", "")]
    [InlineData("Metrics:Address", "metrics.example")]
    public async Task A_value_that_is_not_allowed_ends_the_start(string name, string value)
        => await Assert.ThrowsAsync<OptionsValidationException>(() => TestApp.StartAsync(new() { [name] = value }));

    private static async Task<HttpStatusCode> StatusAsync(Uri address)
    {
        using var response = await Client.GetAsync(address);
        return response.StatusCode;
    }
}
