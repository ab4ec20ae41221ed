using System.Diagnostics;
using System.Net;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Servers;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>Many open connections to one instance, each of a company of its own.</summary>
internal sealed class Connections : IRow
{
    private const int AtATime = 48, Rounds = 3, TasksOfEach = 5;

    // Of one source address, well below the ports that there are for it.
    private const int OfOneAddress = 2_500;

    public string Name => "connections";

    public string Goal => "10,000 open connections, each a company of its own: no errors, the API under 1 GiB";

    public async Task<RowResult> RunAsync(Run run)
    {
        var count = run.Count(2_000, 10_000);
        var site = await run.SiteAsync();
        var database = await site.CreateDatabaseAsync();
        var tokens = await Companies.MakeAsync(database, count);
        await Companies.AddTasksAsync(database, TasksOfEach);
        await site.Standby.CatchUpAsync();
        await using var api = await site.StartApiAsync(database, 1);
        var (address, clock, errors) = (api.Addresses[0], Stopwatch.StartNew(), 0);
        var connections = new HttpConnection?[count];
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, _) =>
                {
                    try
                    {
                        connections[i] ??= await HttpConnection.OpenAsync(address, IPAddress.Parse($"127.0.0.{2 + (i / OfOneAddress)}"));
                        if (await connections[i]!.AskAsync(HttpConnection.Get(address, "/api/v1/tasks", tokens[i])) != 200)
                            Interlocked.Increment(ref errors);
                    }
                    catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
                    {
                        Interlocked.Increment(ref errors);
                    }
                });
                Run.Say($"round {round + 1}: {count:N0} connections, {errors:N0} errors, {api.PeakMemory(0) / 1048576:N0} MiB at most");
            }
            var open = connections.Count(c => c is not null);
            return new(
                [
                    new($"memory with {count:N0} connections", $"{api.PeakMemory(0) / 1048576:N0} MiB at most", "–",
                        api.PeakMemory(0) / 1048576.0, Target.AtMost(1024, "MiB")),
                    new($"errors with {count:N0} connections", $"{errors:N0} of {count * Rounds:N0} requests failed", "–", errors, Target.AtMost(0, "errors")),
                ],
                "token, session, tenant and row-level security, three limits, cache",
                $"{open:N0} connections to one instance stay open, each of a company of its own with {TasksOfEach} tasks, and ask for their list {Rounds} times, "
                + $"{AtATime} at a time ({count * Rounds / clock.Elapsed.TotalSeconds:N0} requests/s with the opening). Memory is the most that the process has had in "
                + "physical memory (VmHWM), with the program's files.");
        }
        finally
        {
            foreach (var connection in connections) connection?.Dispose();
        }
    }
}
