using System.Diagnostics;
using ScaleHub.Perf.Overload;

// Shows what load shedding is for: dotnet run -c Release --project perf/overload [seconds for each step]
// A server in a process of its own, with the API's own middleware, gets one, two and three times what it can take.
switch (args)
{
    case ["serve", var port]: return await Server.RunAsync(port);
    case ["compare", var each]: return await Comparison.RunAsync(int.Parse(each, null));
}
// Each on processors of its own: what sends must not take from what is measured.
var last = Environment.ProcessorCount - 1;
string[] sender = ["-c", last > 1 ? $"1-{last}" : $"{last}", Environment.ProcessPath!, "compare", args is [var s] ? s : "8"];
using var compare = Process.Start("taskset", sender);
await compare.WaitForExitAsync();
return compare.ExitCode;
