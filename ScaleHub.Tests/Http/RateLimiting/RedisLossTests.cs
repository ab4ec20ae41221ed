using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>Three instances that lose their Redis.</summary>
public sealed class RedisLossTests
{
    [Fact]
    public async Task Redis_frozen_and_killed_under_load_fails_nobody_and_the_limit_is_exact_again_afterwards()
    {
        await using var instances = await ApiInstances.StartAsync(3);
        using var account = await instances.RegisterAsync("ENTERPRISE");
        foreach (var address in instances.Addresses)
        {
            // The first request of a process compiles it, which says nothing of Redis.
            using var client = account.At(address);
            for (var i = 0; i < 20; i++) await client.GetAsync("/api/v1/tasks");
        }
        var since = Stopwatch.StartNew();
        using var stop = new CancellationTokenSource();
        var answers = new ConcurrentBag<(HttpStatusCode Status, TimeSpan At, TimeSpan Took)>();
        var load = Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
        {
            using var client = account.At(instances.Addresses[i]);
            while (!stop.IsCancellationRequested)
            {
                var clock = Stopwatch.StartNew();
                var response = await client.GetAsync("/api/v1/tasks", CancellationToken.None);
                answers.Add((response.StatusCode, since.Elapsed, clock.Elapsed));
                await Task.Delay(25, CancellationToken.None);
            }
        })).ToList();
        await Task.Delay(500);
        using (instances.Redis.Freeze()) await Task.Delay(2500);
        await Task.Delay(500);
        await instances.Redis.KillAsync();
        await Task.Delay(1500);
        await instances.Redis.StartAsync();
        await Task.Delay(3000);
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{a.Status}"));
        // The time-out of a command, 100 ms, at most; the rest is room for a machine that does other things besides.
        Assert.All(answers, a => Assert.True(a.Took < TimeSpan.FromSeconds(1), $"{a.Took}, until {a.At}"));
        Assert.True(answers.Count > 100, $"{answers.Count}");

        using var other = await instances.RegisterAsync();
        var clients = instances.Addresses.Select(other.At).ToList();
        var admitted = 0;
        for (var i = 0; i < 510; i++)
            if ((await clients[i % 3].GetAsync("/api/v1/tasks?limit=1")).IsSuccessStatusCode) admitted++;
        foreach (var client in clients) client.Dispose();
        Assert.Equal(500, admitted);
    }
}
