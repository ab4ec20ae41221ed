using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Perf.Identity;
using ScaleHub.Testing;

// What identity costs: dotnet run -c Release --project perf/identity
// Servers and an instance of the API of its own, on this machine: how long a session is looked up, by where it is found, and
// whether the time of a sign-in tells if an address exists.
const int Sessions = 2000, SignIns = 150;

await using var api = await ApiProcesses.StartAsync(1, ("RateLimits__Scale", "1000000"), ("Redis__TimeoutMs", "5000"));
using var client = api.CreateClient();
var registered = await (await client.PostAsJsonAsync("/api/v1/auth/register",
    new { companyName = "Perf", email = "perf@company.example", password = "correct horse battery" })).Content.ReadFromJsonAsync<JsonElement>();
var company = registered.GetProperty("company").GetProperty("id").GetGuid();
var user = registered.GetProperty("user").GetProperty("id").GetGuid();

Console.WriteLine("session lookup           p50          p95          p99");
foreach (var (where, took) in await SessionLookups.MeasureAsync(api, company, user, Sessions))
    Console.WriteLine($"{where,-16}   {Of(took, 50),7:0.000} ms   {Of(took, 95),7:0.000} ms   {Of(took, 99),7:0.000} ms");

Console.WriteLine("\nsign-in                  p50          p95");
var (known, unknown) = (new List<double>(), new List<double>());
for (var i = 0; i < SignIns; i++)
{
    // In turn, so that whatever else the machine does happens to both.
    await SignInAsync("perf@company.example", known);
    await SignInAsync($"nobody-{i}@company.example", unknown);
}
Console.WriteLine($"address exists     {Of(known, 50),7:0.00} ms   {Of(known, 95),7:0.00} ms");
Console.WriteLine($"it does not        {Of(unknown, 50),7:0.00} ms   {Of(unknown, 95),7:0.00} ms");
// The share of pairs in which the longer one is the address that exists: one half says nothing.
var longer = known.Sum(k => unknown.Count(u => k > u)) / (double)(known.Count * unknown.Count);
Console.WriteLine($"who guesses from the time of one try is right in {Math.Max(longer, 1 - longer):P0} of cases (50 % is chance)");

async Task SignInAsync(string email, List<double> took)
{
    var clock = Stopwatch.GetTimestamp();
    using var answer = await client.PostAsJsonAsync("/api/v1/auth/login", new { email, password = "not the password" });
    if (answer.StatusCode != HttpStatusCode.Unauthorized) throw new InvalidOperationException($"{answer.StatusCode}");
    took.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
}

static double Of(List<double> values, int percentile) => SessionLookups.At(values, percentile);
