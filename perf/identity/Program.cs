using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;
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
await api.ExecuteAsync($"""
    insert into sessions (company_id, id, user_id, refresh_token_hash, expires_at)
    select '{company}', gen_random_uuid(), '{user}', sha256(gen_random_uuid()::text::bytea), now() + interval '1 hour'
    from generate_series(1, {Sessions})
    """);
var ids = (await PostgresServer.QueryAsync(api.Database.Owner, $"select id::text from sessions where user_id = '{user}' limit {Sessions}"))
    .Select(Guid.Parse).ToList();

Console.WriteLine("session lookup           p50          p95          p99");
using (var first = await StartAsync())
{
    var sessions = first.Services.GetRequiredService<LiveSessions>();
    await MeasureAsync("PostgreSQL", sessions);
    await MeasureAsync("in process", sessions);
}
using (var second = await StartAsync()) await MeasureAsync("Redis", second.Services.GetRequiredService<LiveSessions>());

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

async Task<IHost> StartAsync()
{
    var builder = Host.CreateEmptyApplicationBuilder(new());
    builder.Configuration.AddInMemoryCollection(
    [
        new("ConnectionStrings:scalehub", api.Database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
        new("ConnectionStrings:redis", api.Redis.ConnectionString),
        new("ScaleHub:Secret", PostgresServer.Secret),
    ]);
    builder.Services.AddMetrics();
    builder.Services.AddLogging();
    builder.AddPlatform();
    builder.AddModules();
    var host = builder.Build();
    await host.StartAsync();
    while (!host.Services.GetRequiredService<Broadcast>().IsLive) await Task.Delay(20);
    // Compiles everything, with sessions that do not exist.
    for (var i = 0; i < 300; i++) await host.Services.GetRequiredService<LiveSessions>().FindAsync(company, Guid.NewGuid(), default);
    return host;
}

async Task MeasureAsync(string where, LiveSessions sessions)
{
    var took = new List<double>(ids.Count);
    foreach (var id in ids)
    {
        var clock = Stopwatch.GetTimestamp();
        if (await sessions.FindAsync(company, id, default) is null) throw new InvalidOperationException("A session is missing.");
        took.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
    }
    Console.WriteLine($"{where,-16}   {Of(took, 50),7:0.000} ms   {Of(took, 95),7:0.000} ms   {Of(took, 99),7:0.000} ms");
}

async Task SignInAsync(string email, List<double> took)
{
    var clock = Stopwatch.GetTimestamp();
    using var answer = await client.PostAsJsonAsync("/api/v1/auth/login", new { email, password = "not the password" });
    if (answer.StatusCode != HttpStatusCode.Unauthorized) throw new InvalidOperationException($"{answer.StatusCode}");
    took.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
}

static double Of(List<double> values, int percentile) => values.Order().ElementAt(Math.Min(values.Count - 1, values.Count * percentile / 100));
