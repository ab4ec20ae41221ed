using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Tasks.TaskRequests;

namespace ScaleHub.Tests.Modules.Tasks;

[Collection(ApiTests.Name)]
public sealed class TaskCommentTests(ApiFixture api)
{
    [Fact]
    public async Task A_comment_is_read_back_as_it_was_answered_and_listed_newest_first()
    {
        using var account = await api.RegisterAsync();
        var task = await account.CreateTaskAsync("a");
        var path = $"{All}/{task}/comments";
        Assert.Empty(await account.Client.IdsAsync(path));
        var made = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            var response = await account.Client.PostJsonAsync(path, new { text = $"Zürich\n🚀 {i}" });
            var comment = await response.JsonAsync(HttpStatusCode.Created);
            made.Insert(0, PracticeSupport.Id(comment));
            Assert.Equal($"{path}/{made[0]}", response.Headers.Location?.OriginalString);
            Assert.Equal(task, comment.GetProperty("taskId").GetGuid());
            Assert.Equal(account.UserId, comment.GetProperty("authorId").GetGuid());
            Assert.Equal(comment.ToString(), (await account.Client.ReadAsync($"{path}/{made[0]}")).ToString());
        }
        Assert.Equal(made, await account.Client.WalkAsync($"{path}?limit=2"));
        // Another task has none of them, and none is found through it.
        var other = $"{All}/{await account.CreateTaskAsync("b")}/comments";
        Assert.Empty(await account.Client.IdsAsync(other));
        await (await account.Client.GetAsync($"{other}/{made[0]}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await account.Client.DeleteAsync($"{other}/{made[0]}")).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(5, (await account.Client.IdsAsync(path)).Count);
    }

    [Fact]
    public async Task A_repeated_comment_is_made_once()
    {
        using var account = await api.RegisterAsync();
        var path = $"{All}/{await account.CreateTaskAsync("a")}/comments";
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ =>
            account.Client.PostOnceAsync(path, "key", """{"text":"once"}""")));
        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict,
            $"{a.StatusCode}"));
        var again = await account.Client.PostOnceAsync(path, "key", """{"text":"once"}""");
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        await (await account.Client.PostOnceAsync(path, "key", """{"text":"twice"}"""))
            .ProblemAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Single(await account.Client.IdsAsync(path));
    }

    [Fact]
    public async Task A_comment_has_1_to_10_000_characters_that_show_something()
    {
        using var account = await api.RegisterAsync();
        var path = $"{All}/{await account.CreateTaskAsync("a")}/comments";
        // Characters are code points: the rocket is one, and two of .NET's.
        foreach (var text in (string[])["x", string.Concat(Enumerable.Repeat("🚀", 10_000))])
            await (await account.Client.PostJsonAsync(path, new { text })).JsonAsync(HttpStatusCode.Created);
        foreach (var text in (string?[])["", "  \n", "\u200b", "a\0b", new string('x', 10_001), null])
            await (await account.Client.PostJsonAsync(path, new { text })).ProblemAsync(HttpStatusCode.BadRequest);
        await (await account.Client.PostJsonAsync(path, new { text = "a", authorId = Guid.NewGuid() }))
            .ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(2, (await account.Client.IdsAsync(path)).Count);
    }

    [Fact]
    public async Task Another_companys_comments_do_not_exist()
    {
        using var mine = await api.RegisterAsync();
        using var theirs = await api.RegisterAsync();
        var path = $"{All}/{await theirs.CreateTaskAsync("theirs")}/comments";
        var comment = PracticeSupport.Id(await (await theirs.Client.PostJsonAsync(path, new { text = "secret" }))
            .JsonAsync(HttpStatusCode.Created));
        var own = $"{All}/{await mine.CreateTaskAsync("mine")}/comments";

        await (await mine.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.GetAsync($"{path}/{comment}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.GetAsync($"{own}/{comment}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.PostJsonAsync(path, new { text = "mine" })).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.DeleteAsync($"{path}/{comment}")).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.DeleteAsync($"{own}/{comment}")).ProblemAsync(HttpStatusCode.NotFound);
        // A page of theirs leads nowhere in ours.
        await (await theirs.Client.PostJsonAsync(path, new { text = "another" })).JsonAsync(HttpStatusCode.Created);
        var cursor = (await theirs.Client.ReadAsync($"{path}?limit=1")).GetProperty("page").Text("nextCursor");
        await (await mine.Client.GetAsync($"{own}?limit=1&cursor={cursor}")).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(2, (await theirs.Client.IdsAsync(path)).Count);
        Assert.Empty(await mine.Client.IdsAsync(own));
    }

    [Fact]
    public async Task A_comment_is_deleted_by_its_author_or_by_an_admin_alone()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        var path = $"{All}/{await account.CreateTaskAsync("a")}/comments";
        var (author, colleague, admin) = (await account.AddAsync("member"), await account.AddAsync("member"),
            await account.AddAsync("admin"));
        foreach (var (token, may) in ((string, bool)[])[
            (author.Access, true), (colleague.Access, false), (admin.Access, true), (account.AccessToken, true)])
        {
            var added = await account.Client.SendAsync(author.Access, path, HttpMethod.Post, new { text = "a" });
            var comment = PracticeSupport.Id(await added.JsonAsync(HttpStatusCode.Created));
            var answer = await account.Client.SendAsync(token, $"{path}/{comment}", HttpMethod.Delete);
            if (may)
            {
                Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
                await (await account.Client.SendAsync(token, $"{path}/{comment}", HttpMethod.Delete))
                    .ProblemAsync(HttpStatusCode.NotFound);
                continue;
            }
            await answer.ProblemAsync(HttpStatusCode.Forbidden);
            Assert.Equal([comment], await account.Client.IdsAsync(path));
            using var own = await account.Client.SendAsync(author.Access, $"{path}/{comment}", HttpMethod.Delete);
            Assert.Equal(HttpStatusCode.NoContent, own.StatusCode);
        }
        // What does not exist is the same for everybody.
        await (await account.Client.SendAsync(colleague.Access, $"{path}/{Guid.NewGuid()}", HttpMethod.Delete))
            .ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Comments_go_with_their_task_also_when_both_happen_at_once()
    {
        using var account = await api.RegisterAsync();
        for (var round = 0; round < 5; round++)
        {
            var task = await account.CreateTaskAsync("short-lived");
            var path = $"{All}/{task}";
            await (await account.Client.PostJsonAsync($"{path}/comments", new { text = "before" }))
                .JsonAsync(HttpStatusCode.Created);
            var answers = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => i == 4
                ? account.Client.DeleteAsync(path)
                : account.Client.PostJsonAsync($"{path}/comments", new { text = $"{i}" })));
            Assert.Equal(HttpStatusCode.NoContent, answers[4].StatusCode);
            Assert.All(answers.Where((_, i) => i != 4),
                a => Assert.True(a.StatusCode is HttpStatusCode.Created or HttpStatusCode.NotFound, $"{a.StatusCode}"));
            await (await account.Client.GetAsync($"{path}/comments")).ProblemAsync(HttpStatusCode.NotFound);
            Assert.Equal(["0"], await PostgresServer.QueryAsync(
                api.Database.Owner, $"select count(*) from task_comments where task_id = '{task}'"));
        }
    }
}
