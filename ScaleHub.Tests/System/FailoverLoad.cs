using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.System;

/// <summary>Writers who note what was acknowledged, and readers who note what failed, until stopped.</summary>
internal sealed class FailoverLoad : IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Task> _loops;

    public FailoverLoad(Account account, HttpClient reader, int writers, int readers)
        => _loops =
        [
            .. Enumerable.Range(0, writers).Select(_ => WriteAsync(account.Client)),
            .. Enumerable.Range(0, readers).Select(_ => ReadAsync(reader)),
        ];

    /// <summary>Ids that were answered with 201, with when the request was sent and answered.</summary>
    public ConcurrentQueue<(Guid Id, TimeSpan Sent, TimeSpan Answered)> Acknowledged { get; } = [];

    /// <summary>What writers got instead.</summary>
    public ConcurrentBag<HttpStatusCode> Refused { get; } = [];

    /// <summary>Reads that failed, with why.</summary>
    public ConcurrentBag<string> FailedReads { get; } = [];

    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Waits for so many more writes, each sent from now on, to be acknowledged; returns when the first was.</summary>
    public async Task<TimeSpan> AcknowledgesAsync(int more, double seconds)
    {
        var from = Now;
        TimeSpan[] answered = [];
        await Poll.UntilAsync(() =>
        {
            answered = [.. Acknowledged.Where(a => a.Sent >= from).Select(a => a.Answered).Order()];
            Assert.True(answered.Length >= more, $"{answered.Length} of {more} writes were acknowledged in {seconds} s.");
            return Task.CompletedTask;
        }, seconds);
        return answered[0];
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    public void Dispose() => _stop.Dispose();

    private async Task WriteAsync(HttpClient client)
    {
        using var pace = new PeriodicTimer(BetweenTries);
        while (!_stop.IsCancellationRequested)
        {
            var sent = Now;
            using var response = await client.PostAsJsonAsync("/api/v1/tasks", new { title = "Drill", status = "todo" });
            if (response.StatusCode == HttpStatusCode.Created)
            {
                var id = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
                Acknowledged.Enqueue((id, sent, Now));
                continue;
            }
            Refused.Add(response.StatusCode);
            await pace.WaitForNextTickAsync();
        }
    }

    private async Task ReadAsync(HttpClient client)
    {
        using var pace = new PeriodicTimer(BetweenTries);
        while (!_stop.IsCancellationRequested)
        {
            using var response = await client.GetAsync(new Uri("/api/v1/patients?limit=5", UriKind.Relative));
            Interlocked.Increment(ref _reads);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                FailedReads.Add($"{Now}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            }
            await pace.WaitForNextTickAsync();
        }
    }
}
