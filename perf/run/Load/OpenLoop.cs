using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using HdrHistogram;

namespace ScaleHub.Perf.Run.Load;

/// <summary>What an open loop has seen.</summary>
/// <param name="Due">Requests that were due.</param>
/// <param name="Seconds">How long they were due for.</param>
/// <param name="Times">Microseconds from the moment that each was due.</param>
/// <param name="Errors">Answers that were none of 2xx by status, and broken connections as 0.</param>
internal sealed record OpenLoopResult(int Due, double Seconds, LongHistogram Times, IReadOnlyDictionary<int, int> Errors)
{
    /// <summary>Answers per second, good ones.</summary>
    public double PerSecond => Times.TotalCount / Seconds;

    /// <summary>Milliseconds.</summary>
    public double At(double percentile) => Times.TotalCount == 0 ? double.PositiveInfinity : Times.GetValueAtPercentile(percentile) / 1000.0;
}

/// <summary>
/// Requests at a rate, whatever the answers: each is due at a moment, and its time is counted from that moment on, also when all
/// connections are busy and it has to wait for one. So a server that stalls is charged with everything that its stall held up ("coordinated
/// omission": G. Tene, How NOT to Measure Latency).
/// </summary>
internal static class OpenLoop
{
    // Above it a request counts as this long.
    private static readonly long Longest = TimeSpan.FromMinutes(1).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Runs it.</summary>
    /// <param name="connections">Open ones; more requests than that wait.</param>
    /// <param name="perSecond">How many are due.</param>
    /// <param name="time">For how long.</param>
    /// <param name="next">Makes a request; called by several threads.</param>
    public static async Task<OpenLoopResult> RunAsync(
        IReadOnlyList<HttpConnection> connections, double perSecond, TimeSpan time, Func<ReadOnlyMemory<byte>> next)
    {
        var due = Channel.CreateUnbounded<long>(new() { SingleWriter = true });
        var (histogram, errors) = (new LongHistogram(1, Longest, 3), new ConcurrentDictionary<int, int>());
        var asking = connections.Select(connection => Task.Run(async () =>
        {
            await foreach (var at in due.Reader.ReadAllAsync())
            {
                var status = 0;
                try
                {
                    status = await connection.AskAsync(next());
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
                {
                    // The connection stays broken, and each further request of it is an error as well.
                }
                if (status is >= 200 and < 300)
                {
                    var took = Math.Clamp((long)Stopwatch.GetElapsedTime(at).TotalMicroseconds, 1, Longest);
                    lock (histogram) histogram.RecordValue(took);
                }
                else errors.AddOrUpdate(status, 1, (_, count) => count + 1);
            }
        })).ToList();
        // A thread of its own, which no work of the pool holds up.
        var count = await Task.Factory.StartNew(() => Schedule(due.Writer, perSecond, time), TaskCreationOptions.LongRunning);
        await Task.WhenAll(asking);
        return new(count, time.TotalSeconds, histogram, errors);
    }

    private static int Schedule(ChannelWriter<long> due, double perSecond, TimeSpan time)
    {
        var (began, count) = (Stopwatch.GetTimestamp(), (int)(perSecond * time.TotalSeconds));
        for (var i = 0; i < count;)
        {
            var at = began + (long)(i / perSecond * Stopwatch.Frequency);
            if (at > Stopwatch.GetTimestamp())
            {
                Thread.Sleep(1);
                continue;
            }
            due.TryWrite(at);
            i++;
        }
        due.Complete();
        return count;
    }
}
