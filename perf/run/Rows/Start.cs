using System.Diagnostics;
using ScaleHub.Testing;
using Xunit.Sdk;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>The start of the whole graph.</summary>
internal sealed class Start : IRow
{
    public string Name => "start";

    public string Goal => "warm start of the AppHost to a healthy graph in at most 15 s";

    public async Task<RowResult> RunAsync(Run run)
    {
        var data = Directory.CreateTempSubdirectory("scalehub-perf-").FullName;
        try
        {
            // The first start makes the data and the clones.
            var cold = await StartAsync(data);
            var warm = new List<double>();
            for (var i = 0; i < run.Count(1, 3); i++) warm.Add(await StartAsync(data));
            var median = warm.Order().ElementAt(warm.Count / 2);
            return new(
                [new("warm start to a healthy graph", $"{median:0.0} s; the first start {cold:0.0} s", "–", median, Target.AtMost(15, "s"))],
                "PostgreSQL with two standbys, Redis, two instances, worker, mail, nginx, dashboard",
                "The AppHost as `dotnet run --no-build` starts it in Release, natively, with the data of a start before: from the start of the process "
                + $"until every resource is healthy and the addresses are printed. {warm.Count} warm starts; the median.");
        }
        finally
        {
            // A server that ends a little later may still write.
            await Poll.UntilAsync(() => Directory.Delete(data, recursive: true), seconds: 30);
        }
    }

    private static async Task<double> StartAsync(string data)
    {
        var clock = Stopwatch.StartNew();
        await using var start = AppHostProcess.Start(["--servers", "native"], ("SCALEHUB_DATA", data));
        try
        {
            await start.LineAsync("Press Ctrl+C");
        }
        catch (XunitException e)
        {
            throw new RowException($"The graph did not become healthy: {start.Output.Concat(start.Errors).LastOrDefault()}", e);
        }
        return clock.Elapsed.TotalSeconds;
    }
}
