using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform;
using ScaleHub.Testing;

namespace ScaleHub.Tests.ServiceDefaults;

public sealed class HealthTests
{
    [Fact]
    public async Task Live_answers_without_asking_any_check()
    {
        await using var app = await TestApp.StartAsync(configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("broken", () => HealthCheckResult.Unhealthy("No."), tags: ["ready"]));
        var (status, body) = await GetAsync(app.Address(), "/health/live");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"status":"healthy","checks":{}}""", body);
    }

    [Fact]
    public async Task A_degraded_process_is_ready_and_says_why()
    {
        await using var app = await TestApp.StartAsync(configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("postgres", () => HealthCheckResult.Healthy("All answer."), tags: ["ready"])
            .AddCheck("redis", () => HealthCheckResult.Degraded("Does not answer."), tags: ["ready"])
            .AddCheck("other", () => HealthCheckResult.Unhealthy("Not asked: no tag.")));
        var (status, body) = await GetAsync(app.Address(), "/health/ready");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"status":"degraded","checks":{"postgres":{"status":"healthy","reason":"All answer."},"redis":""" +
            """{"status":"degraded","reason":"Does not answer."}}}""", body);
    }

    [Fact]
    public async Task Without_a_database_the_answer_is_503_and_leaks_neither_host_nor_user_nor_error()
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:scalehub"] =
                "Host=127.0.0.1;Port=1;Username=secret-user;Password=secret-password;Database=secret-db",
            ["ConnectionStrings:redis"] = "127.0.0.1:1,password=secret-password",
            ["ScaleHub:Secret"] = new('s', 32),
        };
        await using var app = await TestApp.StartAsync(settings, builder =>
        {
            builder.AddPlatform();
            builder.AddPlatformHealthChecks();
            builder.Services.AddHealthChecks()
                .AddCheck("thrower", () => throw new InvalidOperationException("secret text at 127.0.0.1"), tags: ["ready"]);
        });
        var (status, body) = await GetAsync(app.Address(), "/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        var checks = JsonDocument.Parse(body).RootElement.GetProperty("checks");
        Assert.Equal("No database node answers.", checks.GetProperty("postgres").GetProperty("reason").GetString());
        Assert.Equal("degraded", checks.GetProperty("redis").GetProperty("status").GetString());
        Assert.Equal("The check failed.", checks.GetProperty("thrower").GetProperty("reason").GetString());
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_is_told_to_stop_is_not_ready_at_once_and_serves_until_it_has_drained()
    {
        await using var app = await TestApp.StartAsync(
            new() { ["Shutdown:DrainSeconds"] = "1" }, map: app => app.MapGet("/work", () => "done"));
        var address = app.Address();
        using var client = new HttpClient { BaseAddress = address };
        Assert.Equal("done", await client.GetStringAsync(new Uri("/work", UriKind.Relative)));

        // As SIGTERM does: the lifetime tells, and what waits for it stops the host.
        var ended = app.WaitForShutdownAsync();
        app.Lifetime.StopApplication();
        var (status, body) = await GetAsync(address, "/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("""{"status":"unhealthy","checks":{"process":{"status":"unhealthy","reason":"Is stopping."}}}""", body);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(address, "/health/live")).Item1);
        using var response = await client.GetAsync(new Uri("/work", UriKind.Relative));
        Assert.Equal("done", await response.Content.ReadAsStringAsync());
        // A balancer that had to connect for each request would lose one when new connections are refused.
        Assert.NotEqual(true, response.Headers.ConnectionClose);

        await ended.WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/work", UriKind.Relative)));
    }

    [Fact]
    public async Task Requests_on_connections_that_were_made_before_new_ones_are_refused_are_served_as_long_as_they_come()
    {
        await using var app = await TestApp.StartAsync(
            new() { ["Shutdown:DrainSeconds"] = "0.2" }, map: app => app.MapPost("/work", () => "done"));
        var address = app.Address();
        // What a balancer keeps, and uses one after the other.
        var kept = Enumerable.Range(0, 60).Select(_ => new TcpClient(address.Host, address.Port)).ToList();
        var ended = app.WaitForShutdownAsync();
        app.Lifetime.StopApplication();
        // The balancer finds that out with its next connection.
        await Poll.UntilAsync(async () =>
        {
            using var late = new TcpClient();
            await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(address.Host, address.Port));
        });

        // The request is on its way, and nothing has come yet: the connection is neither closed nor anything else to be read from.
        Assert.False(kept[0].Client.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead));
        // The pace of a balancer with little to do: all together take longer than a server without requests waits.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        foreach (var made in kept)
        {
            await pace.WaitForNextTickAsync();
            await made.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes($"POST /work HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Length: 0\r\n\r\n"));
            using var reader = new StreamReader(made.GetStream());
            Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync());
            var rest = await reader.ReadToEndAsync();
            Assert.Contains("done", rest, StringComparison.Ordinal);
            Assert.Contains("Connection: close", rest, StringComparison.Ordinal);
        }
        foreach (var made in kept) made.Dispose();
        await ended.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static async Task<(HttpStatusCode, string)> GetAsync(Uri address, string path)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
