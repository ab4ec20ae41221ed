using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>Cached lists over three instances, as clients see them.</summary>
[Collection(GraphCollection.Name)]
public sealed class CachedListTests(GraphFixture graph)
{
    [Fact]
    public async Task Who_wrote_through_one_instance_is_shown_it_by_the_list_of_another_while_the_standbys_are_late()
    {
        await using var late = await Standbys.DelayAsync(graph, TimeSpan.FromMilliseconds(300));
        using var account = await Account.RegisterAsync(graph.Address);
        var instances = graph.Instances.Select(account.At).ToList();
        for (var i = 0; i < 150; i++)
        {
            var id = await CreateAsync(instances[i % 3], $"task {i}");
            // Somebody who claims to have seen the end of all times makes nothing current for others.
            using var hostile = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks?limit=1");
            hostile.Headers.Add("ScaleHub-Consistency", "FFFFFFFFFFFFFFFE");
            await instances[(i + 1) % 3].SendAsync(hostile);
            foreach (var reader in instances) Assert.Equal(id, (await IdsAsync(reader, "/api/v1/tasks?limit=1")).Single());
            if (i % 5 > 0) continue;
            await instances[(i + 1) % 3].PatchAsync($"/api/v1/tasks/{id}", Responses.Json("""{"status":"done"}"""));
            Assert.Equal(id, (await IdsAsync(instances[(i + 2) % 3], "/api/v1/tasks?status=done&limit=1")).Single());
            await instances[i % 3].DeleteAsync($"/api/v1/tasks/{id}");
            Assert.DoesNotContain(id, await IdsAsync(instances[(i + 1) % 3], "/api/v1/tasks"));
        }
        foreach (var instance in instances) instance.Dispose();
    }

    [Fact]
    public async Task Others_see_a_write_too_and_lists_come_from_the_cache_again()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var colleague = await account.ColleagueAsync(graph);
        for (var i = 0; i < 10; i++)
        {
            var id = await CreateAsync(account.Client, $"task {i}");
            await Poll.UntilAsync(async () => Assert.Contains(id, await IdsAsync(colleague, "/api/v1/tasks")), seconds: 2);
        }
        await Poll.UntilAsync(async () =>
        {
            using var answer = await colleague.GetAsync("/api/v1/tasks");
            Assert.StartsWith("ScaleHub; hit", answer.Headers.GetValues("Cache-Status").Single());
        });
    }

    [Fact]
    public async Task A_client_that_has_the_list_gets_304_until_it_changes()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await CreateAsync(account.Client, "first");
        using var first = await account.Client.GetAsync("/api/v1/tasks");
        Assert.True(first.Headers.ETag!.IsWeak);
        Assert.Equal("no-cache, private", first.Headers.CacheControl!.ToString());
        foreach (var tags in (string[])[$"{first.Headers.ETag}", $"\"other\", {first.Headers.ETag}", "*", $"{first.Headers.ETag.Tag}"])
        {
            using var again = await AskAsync(tags);
            Assert.Equal((HttpStatusCode.NotModified, $"{first.Headers.ETag}", 0),
                (again.StatusCode, $"{again.Headers.ETag}", (await again.Content.ReadAsByteArrayAsync()).Length));
        }
        foreach (var tags in (string[])["W/\"other\"", "nonsense", "\"", ""])
        {
            using var full = await AskAsync(tags);
            Assert.Equal(HttpStatusCode.OK, full.StatusCode);
        }
        using var head = await account.Client.SendAsync(new(HttpMethod.Head, "/api/v1/tasks"));
        Assert.Equal((HttpStatusCode.OK, first.Headers.ETag, first.Content.Headers.ContentLength, 0),
            (head.StatusCode, head.Headers.ETag, head.Content.Headers.ContentLength, (await head.Content.ReadAsByteArrayAsync()).Length));
        await CreateAsync(account.Client, "second");
        using var changed = await AskAsync($"{first.Headers.ETag}");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(first.Headers.ETag, changed.Headers.ETag);

        async Task<HttpResponseMessage> AskAsync(string ifNoneMatch)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tasks");
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
            return await account.Client.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_cached_page_links_to_the_next_and_another_company_has_other_pages()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        for (var i = 0; i < 3; i++) await CreateAsync(account.Client, $"task {i}");
        using var loaded = await account.Client.GetAsync("/api/v1/tasks?limit=2");
        using var cached = await account.Client.GetAsync("/api/v1/tasks?limit=2");
        Assert.Equal(loaded.Headers.GetValues("Link").Single(), cached.Headers.GetValues("Link").Single());
        Assert.Equal(await loaded.Content.ReadAsStringAsync(), await cached.Content.ReadAsStringAsync());

        var next = cached.Headers.GetValues("Link").Single()[1..].Split('>')[0];
        Assert.Single(await IdsAsync(account.Client, next));
        using var stranger = await Account.RegisterAsync(graph.Address);
        Assert.Empty(await IdsAsync(stranger.Client, "/api/v1/tasks?limit=2"));
        await (await stranger.Client.GetAsync(next)).ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_price_that_an_operator_changes_is_the_price_on_every_instance()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var token = await account.OperatorAsync(graph);
        foreach (var amount in (long[])[151, 150])
        {
            using var answer = await account.Client.SendAsync(
                token, "/api/admin/prices/mail.scanned/EUR", HttpMethod.Put, new { amountMinor = amount });
            Assert.True(answer.Headers.Contains("ScaleHub-Consistency"));
            Assert.Equal(amount, (await answer.JsonAsync(HttpStatusCode.OK)).GetProperty("amountMinor").GetInt64());
            foreach (var instance in graph.Instances)
            {
                using var client = new HttpClient { BaseAddress = instance };
                await Poll.UntilAsync(async () =>
                {
                    var prices = await (await client.GetAsync("/api/v1/prices")).JsonAsync(HttpStatusCode.OK);
                    Assert.Contains(prices.GetProperty("items").EnumerateArray(), p =>
                        p.GetProperty("code").GetString() == "mail.scanned" && p.GetProperty("amountMinor").GetInt64() == amount);
                }, seconds: 2);
            }
        }
        using var wrong = await account.Client.SendAsync(token, "/api/admin/prices/mail.scanned/EUR", HttpMethod.Put, new { amountMinor = -1 });
        await wrong.ProblemAsync(HttpStatusCode.BadRequest);
        using var unknown = await account.Client.SendAsync(token, "/api/admin/prices/no.such/EUR", HttpMethod.Put, new { amountMinor = 1 });
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private static async Task<Guid> CreateAsync(HttpClient client, string title)
        => (await (await client.PostJsonAsync("/api/v1/tasks", new { title })).JsonAsync(HttpStatusCode.Created))
            .GetProperty("id").GetGuid();

    private static async Task<List<Guid>> IdsAsync(HttpClient client, string path)
        => [.. (await (await client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Select(t => t.GetProperty("id").GetGuid())];
}
