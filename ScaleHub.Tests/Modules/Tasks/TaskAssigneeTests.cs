using System.Net;
using System.Text.Json;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Tasks.TaskRequests;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary>Who does a task, and when it is due.</summary>
[Collection(ApiTests.Name)]
public sealed class TaskAssigneeTests(ApiFixture api)
{
    [Fact]
    public async Task A_task_is_its_makers_until_somebody_else_or_nobody_is_named()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        var colleague = (await account.AddAsync("member")).Id;
        Assert.Equal(account.UserId, Assignee(await account.Client.AddTaskAsync(new { title = "mine" })));
        Assert.Null(Assignee(await account.Client.AddTaskAsync(new { title = "nobody's", assigneeId = (Guid?)null })));
        var task = await account.Client.AddTaskAsync(new { title = "theirs", assigneeId = colleague });
        Assert.Equal(colleague, Assignee(task));

        var path = $"{All}/{PracticeSupport.Id(task)}";
        Assert.Equal(colleague, Assignee(await ChangeAsync("""{"title":"still theirs"}""")));
        Assert.Equal(account.UserId, Assignee(await ChangeAsync($$"""{"assigneeId":"{{account.UserId}}"}""")));
        Assert.Null(Assignee(await ChangeAsync("""{"assigneeId":null}""")));

        async Task<JsonElement> ChangeAsync(string body)
        {
            var changed = await (await account.Client.PatchAsync(path, body)).JsonAsync(HttpStatusCode.OK);
            Assert.Equal(changed.ToString(), (await account.Client.ReadAsync(path)).ToString());
            return changed;
        }
    }

    [Fact]
    public async Task Only_an_active_user_of_the_company_can_be_named()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        using var stranger = await api.RegisterAsync();
        var left = (await account.AddAsync("member")).Id;
        var theirs = PracticeSupport.Id(await account.Client.AddTaskAsync(new { title = "theirs", assigneeId = left }));
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/users/{left}")).StatusCode);
        var path = $"{All}/{await account.CreateTaskAsync("mine")}";
        var before = await account.Client.IdsAsync(All);
        var mine = await account.Client.ReadAsync(path);

        foreach (var user in (Guid[])[left, stranger.UserId, Guid.NewGuid(), Guid.Empty, Guid.AllBitsSet])
        {
            (await (await account.Client.PostJsonAsync(All, new { title = "x", assigneeId = user }))
                .ProblemAsync(HttpStatusCode.Conflict)).AssertNames("assigneeId");
            (await (await account.Client.PatchAsync(path, $$"""{"title":"x","assigneeId":"{{user}}"}"""))
                .ProblemAsync(HttpStatusCode.Conflict)).AssertNames("assigneeId");
        }
        await (await account.Client.PatchAsync(path, """{"assigneeId":"me"}""")).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(before, await account.Client.IdsAsync(All));
        Assert.Equal(mine.ToString(), (await account.Client.ReadAsync(path)).ToString());

        // A task of somebody who has left can be changed, and sent back as it was.
        var kept = await (await account.Client.PatchAsync($"{All}/{theirs}", $$"""{"title":"x","assigneeId":"{{left}}"}"""))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal(left, Assignee(kept));
    }

    [Fact]
    public async Task Nobody_gets_a_task_while_being_removed()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        var user = (await account.AddAsync("member")).Id;
        var path = $"{All}/{await account.CreateTaskAsync("mine")}";
        await using var owner = NpgsqlDataSource.Create(api.Database.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        await using var removal = await connection.BeginTransactionAsync();
        await using var remove = new NpgsqlCommand("update users set deleted_at = now() where id = $1", connection, removal)
        {
            Parameters = { new() { Value = user } },
        };
        // As RemoveUser locks it.
        await using (var hold = new NpgsqlCommand("select from users where id = $1 for update", connection, removal))
        {
            hold.Parameters.Add(new() { Value = user });
            await hold.ExecuteNonQueryAsync();
        }
        await remove.ExecuteNonQueryAsync();

        var assignment = account.Client.PatchAsync(path, $$"""{"assigneeId":"{{user}}"}""");
        await Poll.UntilAsync(async () => Assert.Equal(["1"], await PostgresServer.QueryAsync(api.Database.Owner, $"""
            select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            """)));
        await removal.CommitAsync();
        (await (await assignment).ProblemAsync(HttpStatusCode.Conflict)).AssertNames("assigneeId");
        Assert.Equal(account.UserId, Assignee(await account.Client.ReadAsync(path)));
    }

    [Fact]
    public async Task A_list_has_the_tasks_of_an_assignee_in_whatever_state_and_all_of_them()
    {
        using var account = await api.RegisterAsync("ENTERPRISE");
        using var stranger = await api.RegisterAsync();
        var (me, colleague) = (account.UserId, (await account.AddAsync("member")).Id);
        var made = new List<Guid>();
        for (var i = 0; i < 8; i++)
            made.Add(PracticeSupport.Id(await account.Client.AddTaskAsync(
                new { title = $"{i}", status = i % 4 < 2 ? "todo" : "done", assigneeId = i % 2 == 0 ? colleague : me })));
        made.Reverse();

        Assert.Equal(made.Where((_, i) => i % 2 == 1), await account.Client.WalkAsync($"{All}?limit=3&assignee={colleague}"));
        Assert.Equal(made.Where((_, i) => i % 2 == 0), await account.Client.WalkAsync($"{All}?limit=3&assignee={me}"));
        Assert.Equal([made[3], made[7]], await account.Client.WalkAsync($"{All}?limit=1&status=todo&assignee={colleague}"));
        Assert.Empty(await stranger.Client.IdsAsync($"{All}?assignee={colleague}"));
        Assert.Empty(await account.Client.IdsAsync($"{All}?assignee={stranger.UserId}"));
        await (await account.Client.GetAsync($"{All}?assignee=me")).ProblemAsync(HttpStatusCode.BadRequest);

        // The cached list follows.
        await (await account.Client.PatchAsync($"{All}/{made[0]}", $$"""{"assigneeId":"{{colleague}}"}"""))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal(made[0], (await account.Client.IdsAsync($"{All}?assignee={colleague}"))[0]);
    }

    [Fact]
    public async Task Spans_of_due_dates_lie_side_by_side_without_gap_or_overlap()
    {
        using var account = await api.RegisterAsync();
        const string Start = "2027-03-01T10:00:00Z", End = "2027-03-02T10:00:00Z";
        await account.CreateTaskAsync("never due");
        var made = new List<Guid>();
        foreach (var due in (string[])["2027-03-01T09:59:59.999999Z", Start, "2027-03-01T20:00:00+02:00", End])
            made.Add(PracticeSupport.Id(await account.Client.AddTaskAsync(new { title = due, dueAt = due })));

        Assert.Equal([made[0]], await account.Client.IdsAsync($"{All}?dueBefore={Start}"));
        Assert.Equal([made[2], made[1]], await account.Client.WalkAsync($"{All}?limit=1&dueAfter={Start}&dueBefore={End}"));
        Assert.Equal([made[3]], await account.Client.IdsAsync($"{All}?dueAfter={End}"));
        Assert.Equal([made[3]], await account.Client.IdsAsync($"{All}?dueAfter=2027-03-02t12:00:00%2B02:00"));
        Assert.Empty(await account.Client.IdsAsync($"{All}?dueAfter={End}&dueBefore={Start}"));
        foreach (var time in (string[])["2027-03-01", "2027-03-01T10:00:00", "03/01/2027", "now", "",
            "2027-03-01T10:00:00+02:00"])
            foreach (var name in (string[])["dueAfter", "dueBefore"])
                Assert.Contains(name, (await (await account.Client.GetAsync($"{All}?{name}={time}"))
                    .ProblemAsync(HttpStatusCode.BadRequest)).Text("detail"), StringComparison.Ordinal);
        foreach (var time in (string[])["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B14:00",
            "9999-12-31T23:59:59-14:00"])
        {
            var answer = await account.Client.GetAsync($"{All}?dueAfter={time}");
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{time}: {answer.StatusCode}");
        }
    }

    private static Guid? Assignee(JsonElement task)
        => task.GetProperty("assigneeId") is { ValueKind: JsonValueKind.String } id ? id.GetGuid() : null;
}
