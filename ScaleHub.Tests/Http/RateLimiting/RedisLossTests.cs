using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>Three instances that lose their Redis.</summary>
[Collection(Alone.Name)]
public sealed class RedisLossTests
{
    [Fact]
    public async Task Redis_frozen_and_killed_under_load_fails_nobody_and_the_limit_is_exact_again_afterwards()
    {
        await using var instances = await ApiProcesses.StartAsync(3);
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
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
            while (!stop.IsCancellationRequested)
            {
                var clock = Stopwatch.StartNew();
                using var response = await client.GetAsync("/api/v1/tasks", CancellationToken.None);
                answers.Add((response.StatusCode, since.Elapsed, clock.Elapsed));
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        })).ToList();
        // What a request takes on this machine while nothing is wrong.
        for (var i = 0; i < 5; i++) await SteadyAsync();
        var usual = answers.Max(a => a.Took);
        using (instances.Redis.Freeze()) await SteadyAsync("degraded");
        await SteadyAsync("healthy");
        await instances.Redis.KillAsync();
        await SteadyAsync("degraded");
        await instances.Redis.StartAsync();
        await SteadyAsync("healthy");
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{a.Status}"));
        // One client of each instance finds that Redis was silent for a second; all others wait for the time-out of a command at
        // most, 100 ms, and the rest of a request.
        var slow = answers.Where(a => a.Took > usual + TimeSpan.FromMilliseconds(250)).ToList();
        Assert.True(slow.Count <= 3 && slow.All(a => a.Took < usual + TimeSpan.FromMilliseconds(1250)),
            $"usual {usual}: {string.Join("; ", slow.OrderBy(a => a.At))} of {answers.Count}");
        Assert.Equal(500, await AdmittedAsync(instances));

        // Until every instance has seen what became of Redis, and fifty requests more.
        async Task SteadyAsync(string? redis = null)
        {
            if (redis is not null)
                foreach (var i in Enumerable.Range(0, 3)) await instances.UntilRedisIsAsync(redis, i);
            var before = answers.Count;
            await Poll.UntilAsync(() => answers.Count > before + 50);
        }
    }

    /// <summary>How many of a new company's 510 requests are admitted, whose limit is 500.</summary>
    private static async Task<int> AdmittedAsync(ApiProcesses instances)
    {
        using var account = await instances.RegisterAsync();
        var clients = instances.Addresses.Select(account.At).ToList();
        var admitted = 0;
        for (var i = 0; i < 510; i++)
            if ((await clients[i % 3].GetAsync("/api/v1/tasks?limit=1")).IsSuccessStatusCode) admitted++;
        foreach (var client in clients) client.Dispose();
        return admitted;
    }
}
