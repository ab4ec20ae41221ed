using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Tasks.TaskRequests;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary>Two who edit one task: <c>ETag</c> and <c>If-Match</c>.</summary>
[Collection(ApiTests.Name)]
public sealed class TaskConcurrencyTests(ApiFixture api)
{
    [Fact]
    public async Task A_state_has_one_tag_whoever_answers_with_it_and_a_change_has_another()
    {
        using var account = await api.RegisterAsync();
        var created = await account.Client.PostJsonAsync(All, new { title = "a ü 🚀", dueAt = "2027-03-01T10:00:00.12345678Z" });
        var path = created.Headers.Location!.OriginalString;
        var tag = created.Headers.ETag!;
        Assert.False(tag.IsWeak);
        Assert.Equal(tag, (await account.Client.GetAsync(path)).Headers.ETag);

        // What changes nothing keeps the tag, and so does a comment, which is not part of the task.
        Assert.Equal(tag, (await account.Client.PatchAsync(path, """{"title":"a ü 🚀"}""")).Headers.ETag);
        await (await account.Client.PostJsonAsync($"{path}/comments", new { text = "c" })).JsonAsync(HttpStatusCode.Created);
        Assert.Equal(tag, (await account.Client.GetAsync(path)).Headers.ETag);

        var patched = await account.Client.PatchAsync(path, """{"title":"b"}""");
        Assert.NotEqual(tag, patched.Headers.ETag);
        Assert.Equal(patched.Headers.ETag, (await account.Client.GetAsync(path)).Headers.ETag);
    }

    [Fact]
    public async Task A_repeated_POST_answers_with_the_tag_of_the_first()
    {
        using var account = await api.RegisterAsync();
        // A strong tag is that of certain bytes: neither the answer nor its repetition is compressed.
        account.Client.DefaultRequestHeaders.Add("Accept-Encoding", "br, gzip");
        var first = await account.Client.PostOnceAsync(All, "one", """{"title":"a"}""");
        var again = await account.Client.PostOnceAsync(All, "one", """{"title":"a"}""");
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.NotNull(first.Headers.ETag);
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(), await again.Content.ReadAsByteArrayAsync());
        foreach (var answer in new[] { first, again }) Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task An_unchanged_task_is_not_sent_again_and_never_in_two_codings()
    {
        using var account = await api.RegisterAsync();
        var path = $"{All}/{await account.CreateTaskAsync(new string('x', 200))}";
        using var first = await account.Client.AskAsync(path, ("Accept-Encoding", "br, gzip"));
        Assert.Empty(first.Content.Headers.ContentEncoding);
        Assert.True(first.Headers.CacheControl is { Private: true, NoCache: true, NoTransform: true }, $"{first.Headers.CacheControl}");
        await first.JsonAsync(HttpStatusCode.OK);
        foreach (var tags in (string[])[
            $"{first.Headers.ETag}", $"W/{first.Headers.ETag}", $"\"other\", {first.Headers.ETag}", "*"])
        {
            using var again = await account.Client.AskAsync(path, ("If-None-Match", tags));
            Assert.Equal((HttpStatusCode.NotModified, first.Headers.ETag), (again.StatusCode, again.Headers.ETag));
        }
        using var other = await account.Client.AskAsync(path, ("If-None-Match", "\"other\""));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var unreadable = await account.Client.AskAsync(path, ("If-None-Match", "no tag"));
        Assert.Equal(HttpStatusCode.OK, unreadable.StatusCode);
    }

    [Fact]
    public async Task Of_twenty_who_change_one_state_at_once_one_succeeds()
    {
        using var account = await api.RegisterAsync();
        var created = await account.Client.PostJsonAsync(All, new { title = "first" });
        var (path, tag) = (created.Headers.Location!.OriginalString, $"{created.Headers.ETag}");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            account.Client.IfMatchAsync(HttpMethod.Patch, path, tag, $$"""{"title":"editor {{i}}"}""")));

        var winner = await Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK).JsonAsync(HttpStatusCode.OK);
        foreach (var loser in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
        {
            await loser.ProblemAsync(HttpStatusCode.PreconditionFailed);
            Assert.Null(loser.Headers.ETag);
        }
        Assert.Equal(winner.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(path)).ToString());
    }

    [Fact]
    public async Task Of_changes_and_deletions_of_one_state_at_once_one_succeeds()
    {
        using var account = await api.RegisterAsync();
        for (var round = 0; round < 5; round++)
        {
            var created = await account.Client.PostJsonAsync(All, new { title = "first" });
            var (path, tag) = (created.Headers.Location!.OriginalString, $"{created.Headers.ETag}");
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0
                ? account.Client.IfMatchAsync(HttpMethod.Delete, path, tag)
                : account.Client.IfMatchAsync(HttpMethod.Patch, path, tag, $$"""{"title":"editor {{i}}"}""")));
            var winner = Assert.Single(answers, a => a.IsSuccessStatusCode);
            var deleted = winner.StatusCode == HttpStatusCode.NoContent;
            foreach (var loser in answers.Where(a => a != winner))
                await loser.ProblemAsync(deleted ? HttpStatusCode.NotFound : HttpStatusCode.PreconditionFailed);
            Assert.Equal(deleted ? HttpStatusCode.NotFound : HttpStatusCode.OK, (await account.Client.GetAsync(path)).StatusCode);
        }
    }

    [Fact]
    public async Task A_change_of_another_state_is_refused_and_changes_nothing()
    {
        using var account = await api.RegisterAsync();
        var created = await account.Client.PostJsonAsync(All, new { title = "a" });
        var (path, old) = (created.Headers.Location!.OriginalString, $"{created.Headers.ETag}");
        var current = (await account.Client.PatchAsync(path, """{"title":"b"}""")).Headers.ETag!;
        // A weak tag never matches, not even that of this state: the comparison is the strong one (RFC 9110, 13.1.1).
        foreach (var tags in (string[])[old, "\"other\"", $"W/{current}", $"{old}, W/{current}"])
        {
            await (await account.Client.IfMatchAsync(HttpMethod.Patch, path, tags, """{"title":"c"}"""))
                .ProblemAsync(HttpStatusCode.PreconditionFailed);
            await (await account.Client.IfMatchAsync(HttpMethod.Delete, path, tags))
                .ProblemAsync(HttpStatusCode.PreconditionFailed);
        }
        Assert.Equal(current, (await account.Client.GetAsync(path)).Headers.ETag);

        await (await account.Client.IfMatchAsync(HttpMethod.Patch, path, $"{old}, {current}", """{"title":"c"}"""))
            .JsonAsync(HttpStatusCode.OK);
        await (await account.Client.IfMatchAsync(HttpMethod.Patch, path, "*", """{"title":"d"}""")).JsonAsync(HttpStatusCode.OK);
        current = (await account.Client.GetAsync(path)).Headers.ETag!;
        using var deleted = await account.Client.IfMatchAsync(HttpMethod.Delete, path, $"{current}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public async Task Without_If_Match_the_last_write_wins()
    {
        using var account = await api.RegisterAsync();
        var path = $"{All}/{await account.CreateTaskAsync("first")}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            account.Client.PatchAsync(path, $$"""{"title":"editor {{i}}"}""")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        var last = (await account.Client.GetAsync(path)).Headers.ETag;
        Assert.Contains(answers, a => last!.Equals(a.Headers.ETag));
    }

    [Fact]
    public async Task What_is_no_tag_is_400_and_what_does_not_exist_is_404()
    {
        using var account = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var path = $"{All}/{await account.CreateTaskAsync("a")}";
        var tag = $"{(await account.Client.GetAsync(path)).Headers.ETag}";
        foreach (var malformed in (string[])["abc", "\"", "\"a", "W/", "\"a\" \"b\"", "*, \"a\" b", "\0", ""])
        {
            var answer = await account.Client.IfMatchAsync(HttpMethod.Patch, path, malformed, """{"title":"b"}""");
            // Some are no HTTP, and end before the API.
            if (answer.Content.Headers.ContentType is not null) await answer.ProblemAsync(HttpStatusCode.BadRequest);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
        foreach (var given in (string[])[tag, "*"])
        {
            await (await stranger.Client.IfMatchAsync(HttpMethod.Patch, path, given, """{"title":"b"}"""))
                .ProblemAsync(HttpStatusCode.NotFound);
            await (await stranger.Client.IfMatchAsync(HttpMethod.Delete, path, given)).ProblemAsync(HttpStatusCode.NotFound);
        }
        Assert.Equal(tag, $"{(await account.Client.GetAsync(path)).Headers.ETag}");
    }
}
