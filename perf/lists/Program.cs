using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Perf.Lists;
using ScaleHub.Testing;

// What the full stack costs on top of Kestrel: dotnet run -c Release --project perf/lists [seconds of each turn]
// A cached page of tasks from an instance of the API (token, session, tenant, limits in Redis, cache), and the same JSON from an
// endpoint on Kestrel alone, in turns. Each has the first processor to itself; PostgreSQL, Redis and this program have the
// others.
if (args is ["serve", var port, var body]) return await BareServer.RunAsync(port, body);

const int Connections = 48, Tasks = 25, Turns = 5;
var turn = TimeSpan.FromSeconds(args is [var each] ? int.Parse(each, CultureInfo.InvariantCulture) : 4);
Pin(Environment.ProcessId, serverOnly: false);

await using var api = await ApiProcesses.StartAsync(1, ("RateLimits__Scale", "1000000"));
using var client = api.CreateClient();
var registered = await (await client.PostAsJsonAsync("/api/v1/auth/register",
    new { companyName = "Perf", email = "perf@company.example", password = "correct horse battery" })).Content.ReadFromJsonAsync<JsonElement>();
var token = registered.GetProperty("accessToken").GetString()!;
client.DefaultRequestHeaders.Authorization = new("Bearer", token);
for (var i = 0; i < Tasks; i++)
{
    var title = $"Call supplier {i} about the delivery that is late";
    (await client.PostAsJsonAsync("/api/v1/tasks", new { title })).EnsureSuccessStatusCode();
}
var page = await client.GetByteArrayAsync("/api/v1/tasks");
var file = Path.GetTempFileName();
await File.WriteAllBytesAsync(file, page);

var address = BareServer.FreeAddress();
using var bare = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["serve", $"{address.Port}", file]))!;
try
{
    Pin(bare.Id, serverOnly: true);
    Pin(api.ProcessId(0), serverOnly: true);
    await BareServer.StartedAsync(address);
    var contenders = new Contender[]
    {
        new("Kestrel alone", bare.Id, address, "/tasks", null),
        new("ScaleHub", api.ProcessId(0), api.Addresses[0], "/api/v1/tasks", token),
    };
    // Until the JIT is done with them.
    foreach (var contender in contenders) await contender.RunAsync(Connections, turn * 2, counts: false);
    for (var i = 0; i < Turns; i++)
        foreach (var contender in contenders) await contender.RunAsync(Connections, turn, counts: true);

    Console.WriteLine($"{page.Length:N0} bytes, {Tasks} tasks, {Connections} connections, {Turns} turns of {turn.TotalSeconds:0} s each");
    Console.WriteLine("                 requests/s      lowest     highest   CPU of the server   p99");
    foreach (var c in contenders)
    {
        Console.WriteLine($"{c.Name,-14} {c.PerSecond,12:N0} {c.Rates.Min(),11:N0} {c.Rates.Max(),11:N0} {c.MicrosecondsEach,11:0.0} µs each "
            + $"{c.P99,8:0.0} ms");
    }
    var ratio = contenders[1].PerSecond / contenders[0].PerSecond;
    Console.WriteLine($"ScaleHub answers {ratio:0.00} of what Kestrel alone does; by CPU {contenders[0].MicrosecondsEach / contenders[1].MicrosecondsEach:0.00}");
    return ratio >= 0.5 ? 0 : 1;
}
finally
{
    bare.Kill();
    await bare.WaitForExitAsync();
    File.Delete(file);
}

static void Pin(int process, bool serverOnly)
{
    var last = Environment.ProcessorCount - 1;
    string[] pin = ["-acp", serverOnly ? "0" : last > 1 ? $"1-{last}" : $"{last}", $"{process}"];
    using var set = Process.Start(new ProcessStartInfo("taskset", pin) { RedirectStandardOutput = true })!;
    set.WaitForExit();
    if (set.ExitCode != 0) throw new InvalidOperationException($"taskset of {process} failed.");
}
