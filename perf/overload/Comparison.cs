using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ScaleHub.Perf.Overload;

/// <summary>Finds what the server can take, then sends one, two and three times as much at a fixed rate, and compares.</summary>
internal static class Comparison
{
    public static async Task<int> RunAsync(int seconds)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        listener.Stop();
        using var server = Process.Start(new ProcessStartInfo("taskset", ["-c", "0", Environment.ProcessPath!, "serve", port]))!;
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2000 })
            {
                BaseAddress = new Uri($"http://127.0.0.1:{port}"),
                Timeout = TimeSpan.FromSeconds(10),
            };
            await WaitAsync(client);
            var best = await FindBestAsync(client, TimeSpan.FromSeconds(seconds));
            Console.WriteLine($"best: {best:N0} requests/s (one processor for the server, the others for this program)");
            Console.WriteLine("  load      sent/s     done/s   of best   shed/s   " +
                "shed p50   shed p99   inside   done p99   failed");
            var kept = true;
            foreach (var times in (double[])[1, 2, 3])
            {
                var result = await Load.OpenAsync(client, best * times, TimeSpan.FromSeconds(seconds));
                Console.Write($"  {times,3:0} x {result.SentPerSecond,10:N0} {result.DonePerSecond,10:N0} ");
                Console.Write($"{result.DonePerSecond / best,8:P0} ");
                Console.Write($"{result.ShedPerSecond,9:N0} {result.Shed(50),7:0.0} ms {result.Shed(99),7:0.0} ms ");
                Console.Write($"{result.ShedInside(99),5:0.0} ms ");
                Console.WriteLine($"{result.Done(99),7:0} ms {result.Failed,7}");
                if (times == 3) kept = result.DonePerSecond >= 0.8 * best && result.ShedInside(99) < 10 && result.Failed == 0;
            }
            Console.WriteLine(kept ? "kept: 80 % of the best at three times the load, shed in under 10 ms" : "NOT kept");
            return kept ? 0 : 1;
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    /// <summary>Sends more and more, until more is not done.</summary>
    private static async Task<double> FindBestAsync(HttpClient client, TimeSpan time)
    {
        var best = await Load.ClosedAsync(client, connections: 64, time);
        for (var step = 0; step < 10; step++)
        {
            var more = await Load.OpenAsync(client, best * 1.4, time);
            if (more.DonePerSecond < best * 1.05) break;
            best = more.DonePerSecond;
        }
        return best;
    }

    private static async Task WaitAsync(HttpClient client)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await client.GetStringAsync("/work");
                return;
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                // It has not started to listen yet.
                await Task.Delay(100);
            }
        }
    }
}
