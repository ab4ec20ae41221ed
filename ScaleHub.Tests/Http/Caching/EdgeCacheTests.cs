using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>What the balancer keeps, as a CDN would, and what it never keeps.</summary>
[Collection(GraphCollection.Name)]
public sealed class EdgeCacheTests(GraphFixture graph)
{
    private const string Hit = "nginx; hit", Miss = "nginx; fwd=uri-miss", Bypass = "nginx; fwd=bypass";

    [Fact]
    public async Task Of_many_who_ask_for_what_is_not_there_one_is_sent_on()
    {
        // So that the one who is sent on is back before the others lose their patience (5 s).
        foreach (var instance in graph.Instances)
        {
            using var client = new HttpClient { BaseAddress = instance };
            (await client.AskAsync(New())).EnsureSuccessStatusCode();
        }
        var path = New();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => graph.Client.AskAsync(path)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Assert.Single(answers, a => a.CacheStatus() == Miss);
        Assert.Equal(199, answers.Count(a => a.CacheStatus() == Hit));
        // The limits are those of the one who was sent on.
        Assert.All(answers, a => Assert.Equal(a.CacheStatus() == Miss, a.Header("RateLimit") is not null));
        Assert.All(answers, a => Assert.Equal(a.CacheStatus() == Miss, a.Header("RateLimit-Policy") is not null));
    }

    [Fact]
    public async Task The_whole_query_tells_answers_apart()
    {
        var path = New();
        using var one = await graph.Client.AskAsync(path);
        using var again = await graph.Client.AskAsync(path);
        using var other = await graph.Client.AskAsync($"{path}&tier=epic");
        Assert.Equal((Miss, Hit, Miss), (one.CacheStatus(), again.CacheStatus(), other.CacheStatus()));
        Assert.Equal(await one.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Headers_of_clients_make_no_more_than_three_variants()
    {
        var path = New();
        List<string?> statuses = [];
        string[] codings = ["br", "gzip", "", "br, x-1", "x-2, gzip", "x-3", "br;q=0.2", "gzip;q=1.000", "*", "br;q=0"];
        foreach (var accepted in codings)
        {
            using var response = await graph.Client.AskAsync(
                path, ("Accept-Encoding", accepted), ("User-Agent", $"x/{accepted.Length}"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            // On a slow machine the first ones are stale by now, which is a hit as well.
            statuses.Add(response.CacheStatus()?.Replace("; detail=stale", "", StringComparison.Ordinal));
        }
        Assert.Equal([Miss, Miss, Miss, Hit, Hit, Hit, Hit, Hit, Hit, Hit], statuses);
    }

    [Theory]
    [InlineData("Authorization", "Bearer nobody")]
    [InlineData("Authorization", "0")]
    [InlineData("ScaleHub-Consistency", "0000000000000001")]
    public async Task Whoever_says_who_they_are_or_what_they_have_seen_is_sent_on_and_leaves_nothing(string name, string value)
    {
        var path = New();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var response = await graph.Client.AskAsync(path, (name, value));
            Assert.Equal(Bypass, response.CacheStatus());
            Assert.NotNull(response.Header("RateLimit"));
        }
        using var anybody = await graph.Client.AskAsync(path);
        Assert.Equal(Miss, anybody.CacheStatus());
    }

    [Fact]
    public async Task Errors_are_not_kept()
    {
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var response = await graph.Client.AskAsync("/api/v1/feed?tier=mythic");
            await response.ProblemAsync(HttpStatusCode.BadRequest);
            Assert.Equal(Miss, response.CacheStatus());
        }
    }

    [Fact]
    public async Task An_answer_to_another_host_is_not_given_to_this_one()
    {
        var path = New();
        using var evil = await graph.Client.AskAsync(path, ("Host", "evil.example"));
        using var own = await graph.Client.AskAsync(path);
        Assert.Equal(Miss, own.CacheStatus());
    }

    [Fact]
    public async Task Page_files_and_feed_are_answered_while_no_instance_is_there()
    {
        string[] paths = [CachingSupport.Page, .. await graph.Client.AssetsAsync(), New()];
        foreach (var path in paths) (await graph.Client.AskAsync(path)).EnsureSuccessStatusCode();
        await using (await StoppedResource.StopAsync(graph, "api-1"))
        await using (await StoppedResource.StopAsync(graph, "api-2"))
        await using (await StoppedResource.StopAsync(graph, "api-3"))
        {
            foreach (var path in paths) await StaysAsync(path);
            using var never = await graph.Client.AskAsync(New());
            await never.ProblemAsync(HttpStatusCode.BadGateway, isTraced: false);
        }
        // The balancer leaves an instance that failed alone for five seconds; the next test is not to notice.
        await Poll.UntilAsync(async () => (await graph.Client.AskAsync(New())).EnsureSuccessStatusCode());
    }

    /// <summary>Files are for ever; the page and the feed are stale soon, and still there.</summary>
    private async Task StaysAsync(string path)
    {
        var expected = path.StartsWith("/assets/", StringComparison.Ordinal) ? Hit : "nginx; hit; detail=stale";
        await Poll.UntilAsync(async () =>
        {
            using var response = await graph.Client.AskAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(expected, response.CacheStatus());
        });
    }

    /// <summary>An address of the feed that nobody has asked for.</summary>
    private static string New() => $"{CachingSupport.Feed}?limit=3&new={Guid.NewGuid():N}";
}
