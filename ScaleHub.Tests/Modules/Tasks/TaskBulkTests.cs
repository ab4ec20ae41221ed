using System.Net;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Tasks.TaskRequests;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary>Many tasks by one request: all or none.</summary>
[Collection(ApiTests.Name)]
public sealed class TaskBulkTests(ApiFixture api)
{
    private const string Update = $"{All}/bulk-update", Delete = $"{All}/bulk-delete";

    [Fact]
    public async Task All_tasks_are_changed_as_a_patch_of_each_would()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        var colleague = (await account.AddAsync("member")).Id;
        var ids = await MakeAsync(account, 100);
        var other = await account.CreateTaskAsync("other");
        Assert.Equal(100, (await account.Client.IdsAsync($"{All}?status=todo&limit=100")).Count);

        var answer = await ChangeAsync(account, ids, new { status = "done", description = "together", assigneeId = colleague });
        Assert.Equal(100, (await answer.JsonAsync(HttpStatusCode.OK)).GetProperty("count").GetInt32());
        var tasks = (await account.Client.ReadAsync($"{All}?status=done&limit=100")).Items();
        Assert.Equal(ids.Order(), tasks.Select(PracticeSupport.Id).Order());
        Assert.All(tasks, t => Assert.Equal("together", t.Text("description")));
        Assert.All(tasks, t => Assert.Equal(colleague, t.GetProperty("assigneeId").GetGuid()));
        Assert.All(tasks, t => Assert.True(Time(t, "updatedAt") > Time(t, "createdAt")));
        Assert.Equal([other], await account.Client.IdsAsync($"{All}?status=todo"));

        // Nothing to change: the tasks keep the time of their last change.
        var before = await account.Client.ReadAsync($"{All}/{ids[0]}");
        await (await ChangeAsync(account, ids, new { status = "done" })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(before.ToString(), (await account.Client.ReadAsync($"{All}/{ids[0]}")).ToString());
    }

    [Fact]
    public async Task One_that_is_missing_is_named_and_nothing_changes()
    {
        using var account = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var ids = await MakeAsync(account, 3);
        var theirs = await stranger.CreateTaskAsync("theirs");
        var before = await account.Client.ReadAsync(All);
        foreach (var missing in (Guid[])[Guid.NewGuid(), theirs, Guid.Empty])
        {
            Guid[] asked = [ids[0], missing, ids[1], ids[2]];
            foreach (var answer in (HttpResponseMessage[])[
                await ChangeAsync(account, asked, new { status = "done" }),
                await account.Client.PostJsonAsync(Delete, new { ids = asked })])
            {
                var problem = await answer.ProblemAsync(HttpStatusCode.NotFound);
                problem.AssertNames("ids[1]");
                Assert.Contains($"{missing}", problem.Text("detail"), StringComparison.Ordinal);
            }
        }
        (await (await account.Client.PostJsonAsync(Delete, new { ids = (Guid[])[theirs, ids[0], Guid.NewGuid()] }))
            .ProblemAsync(HttpStatusCode.NotFound)).AssertNames("ids[0]", "ids[2]");
        Assert.Equal(before.ToString(), (await account.Client.ReadAsync(All)).ToString());
        Assert.Equal([theirs], await stranger.Client.IdsAsync(All));
    }

    [Fact]
    public async Task All_tasks_are_deleted_with_their_comments()
    {
        using var account = await api.RegisterAsync();
        var ids = await MakeAsync(account, 5);
        await (await account.Client.PostJsonAsync($"{All}/{ids[0]}/comments", new { text = "a" }))
            .JsonAsync(HttpStatusCode.Created);
        Assert.Equal(5, (await account.Client.IdsAsync(All)).Count);
        var answer = await account.Client.PostJsonAsync(Delete, new { ids = ids[..4] });
        Assert.Equal(4, (await answer.JsonAsync(HttpStatusCode.OK)).GetProperty("count").GetInt32());
        Assert.Equal([ids[4]], await account.Client.IdsAsync(All));
        await (await account.Client.GetAsync($"{All}/{ids[0]}/comments")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_request_that_is_repeated_with_its_key_is_done_once()
    {
        using var account = await api.RegisterAsync();
        var ids = await MakeAsync(account, 2);
        var body = JsonSerializer.Serialize(new { ids });
        await (await account.Client.PostOnceAsync(Delete, "key", body)).JsonAsync(HttpStatusCode.OK);
        // Without the key it would be 404 now.
        var again = await account.Client.PostOnceAsync(Delete, "key", body);
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(2, (await again.JsonAsync(HttpStatusCode.OK)).GetProperty("count").GetInt32());
        await (await account.Client.PostJsonAsync(Delete, new { ids })).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_no_list_of_1_to_100_different_tasks_is_refused()
    {
        using var account = await api.RegisterAsync();
        var id = await account.CreateTaskAsync("a");
        var before = await account.Client.ReadAsync($"{All}/{id}");
        foreach (var ids in (Guid[][])[[], [id, id], [id, .. Enumerable.Range(0, 100).Select(_ => Guid.NewGuid())]])
        {
            (await (await ChangeAsync(account, ids, new { status = "done" }))
                .ProblemAsync(HttpStatusCode.BadRequest)).AssertNames("ids");
            (await (await account.Client.PostJsonAsync(Delete, new { ids }))
                .ProblemAsync(HttpStatusCode.BadRequest)).AssertNames("ids");
        }
        foreach (var body in (string[])[
            "{}", """{"ids":null}""", """{"ids":[null]}""", """{"ids":["a"]}""", """{"ids":"a"}""", "null", "[]"])
        {
            await (await account.Client.PostAsync(Update, Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
            await (await account.Client.PostAsync(Delete, Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        }
        foreach (var changes in (string[])[
            "null", "[]", """{"title":null}""", """{"title":" "}""", """{"status":"gone"}""", """{"id":"a"}""",
            $$"""{"description":"{{new string('x', 10_001)}}"}""", """{"dueAt":"tomorrow"}"""])
            await (await account.Client.PostAsync(Update, Responses.Json($$"""{"ids":["{{id}}"],"changes":{{changes}}}""")))
                .ProblemAsync(HttpStatusCode.BadRequest);
        (await (await ChangeAsync(account, [id], new { title = "" }))
            .ProblemAsync(HttpStatusCode.BadRequest)).AssertNames("changes.title");
        (await (await ChangeAsync(account, [id], new { assigneeId = Guid.NewGuid() })).ProblemAsync(HttpStatusCode.Conflict))
            .AssertNames("changes.assigneeId");
        Assert.Equal(before.ToString(), (await account.Client.ReadAsync($"{All}/{id}")).ToString());
    }

    [Fact]
    public async Task Requests_for_the_same_tasks_at_once_wait_for_each_other_and_none_is_half_done()
    {
        using var account = await api.RegisterAsync();
        var ids = await MakeAsync(account, 30);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ChangeAsync(
            account, i % 2 == 0 ? ids : [.. ids.Reverse()], new { title = $"editor {i}" })));
        foreach (var answer in answers) await answer.JsonAsync(HttpStatusCode.OK);
        var titles = (await account.Client.ReadAsync($"{All}?limit=100")).Items().Select(t => t.Text("title"));
        Assert.Single(titles.Distinct());

        var deletions = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => account.Client.PostJsonAsync(
            Delete, new { ids = i % 2 == 0 ? ids : [.. ids.Reverse()] })));
        Assert.Single(deletions, d => d.StatusCode == HttpStatusCode.OK);
        foreach (var late in deletions.Where(d => d.StatusCode != HttpStatusCode.OK))
            await late.ProblemAsync(HttpStatusCode.NotFound);
        Assert.Empty(await account.Client.IdsAsync(All));
    }

    private static DateTimeOffset Time(JsonElement task, string name) => task.GetProperty(name).GetDateTimeOffset();

    private static Task<HttpResponseMessage> ChangeAsync(Account account, Guid[] ids, object changes)
        => account.Client.PostJsonAsync(Update, new { ids, changes });

    private static async Task<Guid[]> MakeAsync(Account account, int count)
        => await Task.WhenAll(Enumerable.Range(0, count).Select(i => account.CreateTaskAsync($"task {i}")));
}
