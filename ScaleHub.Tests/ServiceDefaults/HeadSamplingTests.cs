using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using ScaleHub.ServiceDefaults.Configuration;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>Which traces are sent. Alone: a span that the host of another test samples is sent by all hosts of the
/// process.</summary>
[Collection(Alone.Name)]
public sealed class HeadSamplingTests
{
    private static readonly ActivitySource Source = new("ScaleHub.Tests");

    [Theory]
    // A caller's "sampled" is decided again by a ratio.
    [InlineData("parentbased_traceidratio", "0", "01", false)]
    [InlineData("parentbased_traceidratio", "0", null, false)]
    [InlineData("parentbased_traceidratio", "1", "01", true)]
    [InlineData("parentbased_traceidratio", "1", "00", false)]
    [InlineData("parentbased_traceidratio", "", null, true)]
    [InlineData("PARENTBASED_TRACEIDRATIO", "1", null, true)]
    [InlineData("parentbased_always_on", "", "00", false)]
    [InlineData("always_on", "", "00", true)]
    [InlineData("always_off", "", "01", false)]
    public async Task Traces_are_sampled_at_their_head_as_the_settings_say_and_log_records_are_all_sent(
        string sampler, string argument, string? flags, bool isSampled)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var settings = TelemetryTests.Settings(receiver.Address);
        (settings["OTEL_TRACES_SAMPLER"], settings["OTEL_TRACES_SAMPLER_ARG"]) = (sampler, argument);
        static void Ping(ILogger<HeadSamplingTests> logger)
        {
            using var span = Source.StartActivity("within");
            logger.LogInformation("sampled or not");
        }
        await using (var app = await TestApp.StartAsync(settings, map: app => app.MapGet("/sampled", Ping)))
        {
            // Without a span and headers of its own, although it is in the process whose traces are collected.
            using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
            if (flags is not null) client.DefaultRequestHeaders.Add(
                "traceparent", $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-{flags}");
            await client.GetStringAsync(new Uri(app.Address(), "/sampled"));
            await app.StopAsync();
        }
        var log = Assert.Single(receiver.Logs, l => l.Text == "sampled or not");
        Assert.Equal(isSampled ? ["GET /sampled", "within"] : [], receiver.Trace(log.TraceId).Select(s => s.Name).Order());
    }

    [Theory]
    [InlineData("1.01")]
    [InlineData("-0.1")]
    [InlineData("1 %")]
    public async Task A_ratio_that_is_none_stops_the_start_with_its_name(string ratio)
    {
        var settings = TelemetryTests.Settings(new("http://127.0.0.1:1"));
        (settings["OTEL_TRACES_SAMPLER"], settings["OTEL_TRACES_SAMPLER_ARG"]) = ("parentbased_traceidratio", ratio);
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => TestApp.StartAsync(settings));
        Assert.Contains("OTEL_TRACES_SAMPLER_ARG", error.Message, StringComparison.Ordinal);
    }
}
