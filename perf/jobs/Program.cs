using System.Globalization;
using ScaleHub.Perf.Jobs;
using ScaleHub.Testing;
using static ScaleHub.Perf.Jobs.JobMeasures;

// The job queue beside Hangfire on the same server, in turns: dotnet run -c Release --project perf/jobs [jobs of each turn]
// PostgreSQL writes durably (fsync). Workers run in this program.
const int Turns = 3;
var jobs = args is [var each] ? int.Parse(each, CultureInfo.InvariantCulture) : 6_000;

var server = new PostgresServer { Durable = true };
await server.InitializeAsync();
try
{
    var (mine, theirs) = (await server.CreateDatabaseAsync(), await server.CreateDatabaseAsync(migrated: false));
    await PostgresServer.ExecuteAsync(mine.Owner, "create table effects (id uuid); grant insert on effects to scalehub_app");
    await PostgresServer.ExecuteAsync(theirs.Owner, "create table effects (id uuid)");
    await using var client = await PlatformHost.StartAsync(mine);
    IContender[] contenders =
    [
        new Ours(mine, client),
        new HangfirePeer(theirs.Owner.Replace("Pooling=false", "Maximum Pool Size=50", StringComparison.Ordinal)),
    ];
    var rates = contenders.ToDictionary(c => c, _ => new Dictionary<string, List<double>>());
    var waits = contenders.ToDictionary(c => c, _ => new List<double>());
    for (var turn = 0; turn <= Turns; turn++)
    {
        foreach (var contender in contenders)
        {
            Console.Error.WriteLine($"Turn {turn} of {Turns}: {contender.Name}");
            // The first turn is for the JIT. The peer gets fewer jobs, as rates are compared and it takes longer.
            var count = contender == contenders[0] ? jobs : jobs / 6;
            Note("added", await AddAsync(contender.AddEmptyAsync, count));
            Note("empty", await DrainAsync(contender, count));
            await AddAsync(contender.AddWritingAsync, count);
            Note("writing a row", await DrainAsync(contender, count));
            var latency = await LatencyAsync(contender, 500);
            if (turn > 0) waits[contender].AddRange(latency);

            void Note(string row, double rate)
            {
                Console.Error.WriteLine($"  {row}: {rate:N0}/s");
                if (turn > 0) (rates[contender].TryGetValue(row, out var list) ? list : rates[contender][row] = []).Add(rate);
            }
        }
    }

    Console.WriteLine($"{jobs:N0} jobs a turn, {Turns} turns, {Slots} at a time, {Adders} adders, {Environment.ProcessorCount} processors");
    Console.WriteLine($"{"jobs/s (lowest to highest turn)",-32}{contenders[0].Name,24}{contenders[1].Name,24}   ratio");
    foreach (var row in rates[contenders[0]].Keys)
    {
        var (a, b) = (rates[contenders[0]][row], rates[contenders[1]][row]);
        Console.WriteLine($"{row,-32}{Show(a),24}{Show(b),24}{a.Average() / b.Average(),8:0.0}");
    }
    foreach (var percentile in new[] { 0.5, 0.95, 0.99 })
    {
        var (a, b) = (At(waits[contenders[0]], percentile), At(waits[contenders[1]], percentile));
        Console.WriteLine($"{$"added to begun, p{percentile * 100:0}, ms",-32}{a,24:0.0}{b,24:0.0}{b / a,8:0.0}");
    }
    var met = rates[contenders[0]]["empty"].Average() >= 2000 && At(waits[contenders[0]], 0.95) < 100;
    Console.WriteLine(met ? "At least 2,000 empty jobs/s, and p95 below 100 ms: met." : "At least 2,000 empty jobs/s, and p95 below 100 ms: MISSED.");
    return met ? 0 : 1;
}
finally
{
    await server.DisposeAsync();
}

static string Show(List<double> rates) => $"{rates.Average():N0} ({rates.Min():N0} to {rates.Max():N0})";
