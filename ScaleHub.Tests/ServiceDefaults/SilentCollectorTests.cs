using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>How long a collector that hangs holds up the end of a process: alone, as the bound is one of time.</summary>
[Collection(Alone.Name)]
public sealed class SilentCollectorTests
{
    [Fact]
    public async Task A_collector_that_accepts_and_never_answers_delays_neither_requests_nor_much_of_the_end()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = new Uri($"http://{silent.LocalEndpoint}");
        await using var app = await TestApp.StartAsync(TelemetryTests.Settings(address), map: app => app.MapGet("/ping", () => "pong"));
        using var client = new HttpClient { BaseAddress = app.Address() };
        for (var i = 0; i < 100; i++) await client.GetStringAsync(new Uri("/ping", UriKind.Relative));

        var start = Stopwatch.GetTimestamp();
        await app.StopAsync();
        await app.DisposeAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 3.5);
    }
}
