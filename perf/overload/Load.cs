using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace ScaleHub.Perf.Overload;

/// <summary>Requests, one after the other or at a fixed rate.</summary>
internal static class Load
{
    /// <summary>Each connection sends its next request when the last is answered; requests per second that were done.</summary>
    public static async Task<double> ClosedAsync(HttpClient client, int connections, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var done = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; clock.Elapsed < time; count++) await client.GetStringAsync("/work");
            return count;
        })));
        return done.Sum() / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Sends at a fixed rate, whatever the answers: what many clients that know nothing of each other do.</summary>
    public static async Task<LoadResult> OpenAsync(HttpClient client, double perSecond, TimeSpan time)
    {
        var result = new LoadResult(time);
        var underWay = new List<Task>();
        var clock = Stopwatch.StartNew();
        for (var sent = 0; clock.Elapsed < time;)
        {
            for (var due = (int)(clock.Elapsed.TotalSeconds * perSecond); sent < due; sent++)
                underWay.Add(SendAsync(client, result));
            await Task.Delay(1);
        }
        await Task.WhenAll(underWay);
        return result;
    }

    private static async Task SendAsync(HttpClient client, LoadResult result)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            using var response = await client.GetAsync("/work");
            var inside = response.Headers.GetValues(Server.TimeHeader).Single();
            result.Add(response.StatusCode, clock.Elapsed, double.Parse(inside, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            result.AddFailure();
        }
    }
}

/// <summary>What became of the requests of one step.</summary>
internal sealed class LoadResult(TimeSpan time)
{
    private readonly ConcurrentBag<double> _done = [], _shed = [], _shedInside = [];
    private int _failed;

    public int Failed => _failed;

    public double DonePerSecond => _done.Count / time.TotalSeconds;

    public double ShedPerSecond => _shed.Count / time.TotalSeconds;

    public double SentPerSecond => DonePerSecond + ShedPerSecond + (_failed / time.TotalSeconds);

    public double Done(int percentile) => Percentile(_done, percentile);

    public double Shed(int percentile) => Percentile(_shed, percentile);

    /// <summary>Milliseconds that the server took to turn a request away, without this program's own waiting.</summary>
    public double ShedInside(int percentile) => Percentile(_shedInside, percentile);

    public void Add(HttpStatusCode status, TimeSpan took, double inside)
    {
        if (status is HttpStatusCode.OK) _done.Add(took.TotalMilliseconds);
        else if (status is HttpStatusCode.ServiceUnavailable)
        {
            _shed.Add(took.TotalMilliseconds);
            _shedInside.Add(inside);
        }
        else AddFailure();
    }

    public void AddFailure() => Interlocked.Increment(ref _failed);

    private static double Percentile(ConcurrentBag<double> values, int percentile)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, sorted.Length * percentile / 100)];
    }
}
