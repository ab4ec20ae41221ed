using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using ScaleHub.Worker.Seeding;
using Xunit.Abstractions;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>What the cache is worth to companies of <c>worker seed</c>, few of them large and most small, over three
/// instances.</summary>
[Collection(GraphCollection.Name)]
public sealed class MixedLoadTests(GraphFixture graph, ITestOutputHelper output)
{
    private const int Requests = 4000, Clients = 8, ReadsToAWrite = 9;

    private static readonly SeedOptions Options = new(Companies: 40, Seed: 7, Tasks: 8_000, Account.Password);

    // What a page of the application asks for: mostly tasks, and now and then what stands around them.
    private static readonly (int Of100, string Path)[] Reads =
    [
        (45, "/api/v1/tasks"), (10, "/api/v1/tasks?status=todo"), (5, "/api/v1/tasks?limit=50"),
        (15, "/api/v1/quotas"), (15, "/api/v1/feed"), (5, "/api/v1/prices"), (5, "/api/v1/plans"),
    ];

    // Writes spread over the modules as reads do. A pack may show cards in the feed.
    private static readonly (int Of100, string Path, object Body)[] Writes =
    [
        (60, "/api/v1/tasks", new { title = "Mixed load" }), (20, "/api/v1/patients", new { name = "Mixed load" }),
        (20, "/api/v1/cards/packs", new { }),
    ];

    [Fact]
    public async Task Nine_reads_to_a_write_by_seeded_companies_are_answered_by_the_cache_to_four_fifths()
    {
        var plan = new SeedPlan(Options);
        var companies = Enumerable.Range(0, Options.Companies).Select(plan.Company).ToList();
        await SeedAsync();
        using var front = graph.CreateClient();
        var tokens = new Dictionary<Guid, string>();
        foreach (var company in companies) tokens[company.Id] = (await front.SignInAsync(company.OwnerEmail)).Access;
        // What nobody has asked for before is not in any cache: that is not the load that goes on.
        foreach (var company in companies)
        {
            foreach (var (_, path) in Reads)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Authorization = new("Bearer", tokens[company.Id]);
                using var answer = await front.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }
        var (lookups, misses) = await CountAsync();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            var dice = new Random(number);
            for (var i = 0; i < Requests / Clients; i++)
            {
                // As often as it has tasks: the first company has a quarter of the load.
                var company = Pick(dice, companies, c => (int)c.TaskCount);
                var writes = dice.Next(ReadsToAWrite + 1) == 0;
                var (_, path, body) = writes ? Pick(dice, Writes, w => w.Of100) : (0, Pick(dice, Reads, r => r.Of100).Path, null!);
                using var request = new HttpRequestMessage(
                    writes ? HttpMethod.Post : HttpMethod.Get, new Uri(graph.Instances[dice.Next(3)], path));
                request.Headers.Authorization = new("Bearer", tokens[company.Id]);
                if (writes)
                {
                    request.Content = JsonContent.Create(body);
                    request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
                }
                using var answer = await front.SendAsync(request);
                Assert.Equal(writes ? HttpStatusCode.Created : HttpStatusCode.OK, answer.StatusCode);
            }
        }));

        var (lookupsAfter, missesAfter) = await CountAsync();
        (lookups, misses) = (lookupsAfter - lookups, missesAfter - misses);
        var ratio = 1 - ((double)misses / lookups);
        output.WriteLine($"{ratio:P1} of {lookups} lookups needed no load");
        Assert.True(lookups >= Requests * 8 / 10, $"{lookups}");
        Assert.True(ratio >= 0.8, $"{ratio:P1} of {lookups}");
    }

    private async Task SeedAsync()
    {
        await using var owner = NpgsqlDataSource.Create(await graph.GetConnectionString("pg"));
        var hash = new PasswordHasher<object>().HashPassword(Options, Options.Password!);
        await new Seeder(owner, Options, hash).RunAsync(_ => { }, CancellationToken.None);
    }

    /// <summary>Lookups of all companies and of nobody's values, on all instances: other tests of the graph do not run
    /// meanwhile.</summary>
    private async Task<(long Lookups, long Misses)> CountAsync()
    {
        var (lookups, misses) = (0L, 0L);
        foreach (var instance in graph.Instances)
        {
            using var client = new HttpClient { BaseAddress = instance };
            var counts = (await client.GetFromJsonAsync<JsonElement>("/api/health/cache")).GetProperty("lookups");
            misses += counts.GetProperty("misses").GetInt64();
            lookups += counts.EnumerateObject().Where(p => p.Name != "hitRatio").Sum(p => p.Value.GetInt64());
        }
        return (lookups, misses);
    }

    private static T Pick<T>(Random dice, IReadOnlyList<T> items, Func<T, int> weight)
    {
        var left = dice.Next(items.Sum(weight));
        return items.First(i => (left -= weight(i)) < 0);
    }
}
