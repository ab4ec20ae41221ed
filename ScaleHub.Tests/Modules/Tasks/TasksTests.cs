using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Tasks;

[Collection(ApiTests.Name)]
public sealed class TasksTests(ApiFixture api)
{
    [Fact]
    public async Task A_task_is_read_back_as_it_was_answered_on_creation()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var response = await account.Client.PostJsonAsync("/api/v1/tasks",
            new { title = "Ürsprung 🚀", description = "lines\nof text", status = "doing", dueAt = "2027-03-01T10:00:00+02:00" });
        var created = await response.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/api/v1/tasks/{created.GetProperty("id").GetGuid()}", response.Headers.Location?.OriginalString);
        Assert.Equal("2027-03-01T08:00:00+00:00", created.GetProperty("dueAt").GetString());

        var read = await (await account.Client.GetAsync(response.Headers.Location)).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(created.ToString(), read.ToString());
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_null_clears_what_may_be_empty()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var task = await (await account.Client.PostJsonAsync("/api/v1/tasks", new { title = "a", description = "b", dueAt = "2027-03-01T10:00:00Z" }))
            .JsonAsync(HttpStatusCode.Created);
        var path = $"/api/v1/tasks/{task.GetProperty("id").GetGuid()}";

        var patched = await (await account.Client.PatchAsync(path, Responses.Json("""{"status":"done","dueAt":null}""")))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal("done", patched.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, patched.GetProperty("dueAt").ValueKind);
        Assert.Equal("b", patched.GetProperty("description").GetString());
        Assert.Equal(patched.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(path)).ToString());
        foreach (var body in (string[])["""{"title":null}""", """{"title":"  "}""", """{"dueAt":"2027-03-01"}""", """{"dueAt":"2027-03-01T10:00:00"}"""])
            await (await account.Client.PatchAsync(path, Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);

        // What is answered is what is kept, to the microsecond.
        var dated = await (await account.Client.PatchAsync(path, Responses.Json("""{"dueAt":"2027-03-01T10:00:00.1234567+02:00"}""")))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal("2027-03-01T08:00:00.123456+00:00", dated.GetProperty("dueAt").GetString());
        Assert.Equal(dated.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(path)).ToString());
    }

    [Fact]
    public async Task A_deleted_task_is_gone_for_reads_and_for_a_second_delete()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var path = $"/api/v1/tasks/{await account.CreateTaskAsync("short-lived")}";
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync(path)).StatusCode);
        await (await account.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
        await (await account.Client.DeleteAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Another_companys_task_does_not_exist()
    {
        using var mine = await Account.RegisterAsync(api.Address);
        using var theirs = await Account.RegisterAsync(api.Address);
        var path = $"/api/v1/tasks/{await theirs.CreateTaskAsync("theirs")}";
        await (await mine.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.PatchAsync(path, Responses.Json("""{"title":"mine"}"""))).ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.DeleteAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Empty((await mine.Client.GetFromJsonAsync<JsonElement>("/api/v1/tasks")).GetProperty("items").EnumerateArray());
        Assert.Equal("theirs", (await theirs.Client.GetFromJsonAsync<JsonElement>(path)).GetProperty("title").GetString());
    }

    [Fact]
    public async Task Walking_the_pages_meets_every_task_once_newest_first()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var made = new List<Guid>();
        for (var i = 0; i < 7; i++) made.Add(await account.CreateTaskAsync($"task {i}", i % 2 == 0 ? "todo" : "done"));

        Assert.Equal(made.AsEnumerable().Reverse(), await WalkAsync(account.Client, "/api/v1/tasks?limit=3"));
        Assert.Equal(made.Where((_, i) => i % 2 == 0).Reverse(), await WalkAsync(account.Client, "/api/v1/tasks?limit=3&status=todo"));
    }

    [Fact]
    public async Task A_cursor_is_good_for_its_own_list_alone()
    {
        using var mine = await Account.RegisterAsync(api.Address);
        using var theirs = await Account.RegisterAsync(api.Address);
        for (var i = 0; i < 2; i++)
        {
            await mine.CreateTaskAsync("mine");
            await theirs.CreateTaskAsync("theirs");
        }
        var page = await mine.Client.GetFromJsonAsync<JsonElement>("/api/v1/tasks?limit=1&status=todo");
        var cursor = page.GetProperty("page").GetProperty("nextCursor").GetString()!;
        var changed = (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..];

        await (await mine.Client.GetAsync($"/api/v1/tasks?limit=1&cursor={cursor}")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await mine.Client.GetAsync($"/api/v1/tasks?limit=1&status=todo&cursor={changed}")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await theirs.Client.GetAsync($"/api/v1/tasks?limit=1&status=todo&cursor={cursor}")).ProblemAsync(HttpStatusCode.BadRequest);
        await (await mine.Client.GetAsync($"/api/v1/tasks?limit=2&status=todo&cursor={cursor}")).JsonAsync(HttpStatusCode.OK);
    }

    private static async Task<List<Guid>> WalkAsync(HttpClient client, string path)
    {
        var ids = new List<Guid>();
        for (var url = path; url is not null;)
        {
            var response = await client.GetAsync(url);
            var page = await response.JsonAsync(HttpStatusCode.OK);
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("id").GetGuid()));
            var link = response.Headers.TryGetValues("Link", out var values) ? values.Single() : null;
            Assert.Equal(page.GetProperty("page").GetProperty("hasMore").GetBoolean(), link is not null);
            url = link is null ? null : link[1..link.IndexOf('>', StringComparison.Ordinal)];
        }
        return ids;
    }
}
