using System.Collections.Concurrent;
using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Consistency;

[Collection(GraphCollection.Name)]
public sealed class ReadYourWritesTests(GraphFixture graph)
{
    [Fact]
    public async Task Ten_thousand_writes_are_each_seen_through_another_instance_while_the_standbys_are_late()
    {
        const int Users = 10, PairsPerUser = 1000;
        await using var late = await Standbys.DelayAsync(graph, TimeSpan.FromMilliseconds(300));
        var stale = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, Users).Select(async user =>
        {
            using var account = await Account.RegisterAsync(graph.Address);
            var instances = graph.Instances.Select(account.At).ToList();
            for (var i = 0; i < PairsPerUser; i++)
            {
                var writer = instances[(i + user) % 3];
                var reader = instances[(i + user + 1) % 3];
                var created = await (await writer.PostJsonAsync("/api/v1/tasks", new { title = $"task {i}" })).JsonAsync(HttpStatusCode.Created);
                var read = await reader.GetAsync($"/api/v1/tasks/{created.GetProperty("id").GetGuid()}");
                if (read.StatusCode != HttpStatusCode.OK) stale.Add($"{read.StatusCode} from {From(read)}");
            }
            foreach (var instance in instances) instance.Dispose();
        }));
        Assert.Empty(stale);
    }

    [Fact]
    public async Task Reads_without_a_recent_write_are_spread_over_the_standbys()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await account.CreateTaskAsync("old news");
        // A standby serves the writer again as soon as it has the write.
        await Poll.UntilAsync(async () => Assert.StartsWith("pg-replica-", From(await account.Client.GetAsync("/api/v1/patients"))));

        // Repeated, because an instance that misses an answer of Redis reads from the primary for a moment.
        await Poll.UntilAsync(async () =>
        {
            var nodes = new ConcurrentDictionary<string, int>();
            await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancellationToken) =>
                nodes.AddOrUpdate(From(await account.Client.GetAsync("/api/v1/patients", cancellationToken)), 1, (_, n) => n + 1));
            Assert.Equal(["pg-replica-1", "pg-replica-2"], nodes.Keys.Order());
            Assert.All(nodes.Values, n => Assert.True(n >= 40, $"{n} of 200"));
        }, seconds: 30);
    }

    [Fact]
    public async Task The_header_alone_carries_consistency_to_a_reader_that_is_somebody_else()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var colleague = await account.ColleagueAsync(graph);
        await Poll.UntilAsync(async () => Assert.StartsWith("pg-replica-", From(await colleague.GetAsync("/api/v1/patients"))));
        await using var late = await Standbys.DelayAsync(graph, TimeSpan.FromSeconds(4));

        var written = await account.Client.PostJsonAsync("/api/v1/patients", new { name = "seen by all" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/patients");
        request.Headers.Add("ScaleHub-Consistency", written.Headers.GetValues("ScaleHub-Consistency").Single());
        var answer = await colleague.SendAsync(request);
        Assert.Single((await answer.JsonAsync(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        Assert.Equal("pg", From(answer));

        // Without it a late standby may answer, which shows that the header made the difference.
        await Poll.UntilAsync(async () =>
        {
            var without = await colleague.GetAsync("/api/v1/patients");
            Assert.StartsWith("pg-replica-", From(without));
            Assert.Empty((await without.JsonAsync(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        }, seconds: 3);
    }

    [Fact]
    public async Task With_redis_away_a_writer_still_sees_its_writes_through_the_same_instance_and_by_header_through_the_other()
    {
        await using var late = await Standbys.DelayAsync(graph, TimeSpan.FromSeconds(1));
        using var account = await Account.RegisterAsync(graph.Address);
        await using var away = await StoppedResource.StopAsync(graph, "redis");
        using var first = account.At(graph.Instances[0]);
        using var second = account.At(graph.Instances[1]);
        for (var i = 0; i < 50; i++)
        {
            var written = await first.PostJsonAsync("/api/v1/tasks", new { title = $"task {i}" });
            var path = $"/api/v1/tasks/{(await written.JsonAsync(HttpStatusCode.Created)).GetProperty("id").GetGuid()}";
            await (await first.GetAsync(path)).JsonAsync(HttpStatusCode.OK);
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("ScaleHub-Consistency", written.Headers.GetValues("ScaleHub-Consistency").Single());
            await (await second.SendAsync(request)).JsonAsync(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-000000000000001")]
    [InlineData("0000000000000000000000001")]
    public async Task A_header_that_was_not_given_out_is_400(string header)
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/patients");
        request.Headers.TryAddWithoutValidation("ScaleHub-Consistency", header);
        await (await account.Client.SendAsync(request)).ProblemAsync(HttpStatusCode.BadRequest);
    }

    private static string From(HttpResponseMessage response)
        => response.Headers.TryGetValues("ScaleHub-Read-From", out var values) ? values.Single() : "nobody";
}
