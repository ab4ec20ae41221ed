using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using ScaleHub.Perf.Run;
using ScaleHub.Perf.Run.Report;
using ScaleHub.Perf.Run.Rows;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

// Every figure of docs/performance.md, in one run: dotnet run -c Release --project perf/run [-- --quick] [--rows name,name]
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["serve-bare", var port, var page]) return await BareServer.RunAsync(port, page);

IRow[] all =
[
    new CachedList(), new Peers(), new UncachedList(), new Create(), new WholeGraph(), new Connections(), new SessionLookup(), new Pages(),
    new Jobs(), new SingleFlight(), new LimitsExact(), new Costs(), new Start(),
];
var names = string.Join(", ", all.Select(r => r.Name));
string[]? wanted = null;
var quick = false;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--quick") quick = true;
    else if (args[i] == "--rows" && i + 1 < args.Length) wanted = args[++i].Split(',', StringSplitOptions.TrimEntries);
    else return Wrong($"Usage: dotnet run -c Release --project perf/run [-- --quick] [--rows name,name]; rows: {names}");
}
if (wanted?.FirstOrDefault(w => all.All(r => r.Name != w)) is { } unknown) return Wrong($"There is no row {unknown}; rows: {names}");
if (typeof(Run).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true })
    return Wrong("A measurement of a Debug build says nothing: add -c Release.");
// This program's own work must not wait for threads that the pool would add one by one.
ThreadPool.SetMinThreads(32, 32);
using var interruption = Interruption.Watch();
var (clock, results, code) = (Stopwatch.StartNew(), new List<(IRow, RowResult)>(), 0);
await using (var run = new Run(quick))
{
    foreach (var row in all.Where(r => wanted?.Contains(r.Name) ?? true))
    {
        Console.WriteLine($"[{clock.Elapsed:mm\\:ss}] {row.Name}: {row.Goal}");
        try
        {
            var result = await row.RunAsync(run);
            results.Add((row, result));
            foreach (var figure in result.Figures)
            {
                Console.WriteLine($"    {(figure.IsMet ? "met   " : "MISSED")} {figure.What}: {figure.Target.Show(figure.Value)} "
                    + $"(target {figure.Target}); {figure.Ours}; {figure.Against}");
            }
            if (result.Figures.Count == 0) Console.WriteLine($"    {(result.WasLeftOut ? "left out: " : "")}{result.Story}");
        }
        catch (Exception broken)
        {
            // Whatever it is: one sentence names the row, what follows is for whoever mends it, and the other rows are measured.
            var why = broken.Message.Split('\n')[0].Trim();
            Console.Error.WriteLine($"The row {row.Name} broke: {why}");
            if (broken is not RowException) Console.Error.WriteLine(broken);
            results.Add((row, RowResult.LeftOut($"It broke: {why}")));
            code = 1;
        }
    }
}
var folder = Path.Combine(Repository.Root, "artifacts", "perf");
Directory.CreateDirectory(folder);
await File.WriteAllTextAsync(Path.Combine(folder, "report.svg"), Chart.Draw(results));
await File.WriteAllTextAsync(Path.Combine(folder, "report.md"), Markdown.Write(results, quick, clock.Elapsed));
Console.WriteLine($"[{clock.Elapsed:mm\\:ss}] {Path.Combine(folder, "report.md")}");
return code;

static int Wrong(string sentence)
{
    Console.Error.WriteLine(sentence);
    return 1;
}
