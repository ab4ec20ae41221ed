using System.Net;
using System.Net.Http.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Identity;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary>Who hears of a task: whoever is given one by somebody else, and whoever does one that is due soon.</summary>
public sealed class TaskNoticesTests(AccountLifeFixture life) : IClassFixture<AccountLifeFixture>
{
    [Fact]
    public async Task An_assignee_hears_of_a_task_once_and_nobody_of_his_own()
    {
        using var owner = await life.Api.RegisterAsync();
        var member = await owner.AddAsync("member");
        var task = await CreateAsync(owner, new { title = "Call Bob", assigneeId = member.Id });
        await CreateAsync(owner, new { title = "My own" });
        // Nothing changes for the assignee by these.
        await PatchAsync(owner, task, new { title = "Call Robert" });
        await PatchAsync(owner, task, new { assigneeId = member.Id });
        await DoneAsync(owner);
        Assert.Equal(["A task for you: Call Bob"], await TitlesAsync(owner, member.Access));
        Assert.Empty(await TitlesAsync(owner, owner.AccessToken));
        await life.MailsAsync(member.Email, "A task for you: Call Bob");
    }

    [Fact]
    public async Task Who_does_a_task_is_reminded_before_it_is_due_unless_it_is_done_or_moved()
    {
        using var owner = await life.Api.RegisterAsync();
        var soon = DateTimeOffset.UtcNow.AddMinutes(30);
        await CreateAsync(owner, new { title = "Now", dueAt = soon });
        var later = await CreateAsync(owner, new { title = "Later", dueAt = soon.AddDays(3) });
        await CreateAsync(owner, new { title = "Past", dueAt = soon.AddDays(-3) });
        await CreateAsync(owner, new { title = "Done", dueAt = soon, status = "done" });
        var moved = await CreateAsync(owner, new { title = "Moved", dueAt = soon.AddDays(1) });
        await PatchAsync(owner, moved, new { dueAt = soon.AddDays(2) });
        await DoneAsync(owner);
        Assert.Equal(["Due: Now"], await TitlesAsync(owner, owner.AccessToken));

        // Time passes for the reminders: the one of the first date of the moved task comes, and tells nobody.
        await life.Api.ExecuteAsync($"""
            update jobs set due_at = now() where company_id = '{owner.CompanyId}' and state = 'scheduled'
                and (payload ->> 'taskId' = '{later}' or payload ->> 'dueAt' like '{soon.AddDays(1).UtcDateTime:yyyy-MM-dd}%')
            """);
        await Poll.UntilAsync(async () => Assert.Equal(["Due: Later", "Due: Now"], await TitlesAsync(owner, owner.AccessToken)), seconds: 30);
        Assert.Equal(["1"], await life.Api.QueryAsync($"select count(*) from jobs where company_id = '{owner.CompanyId}' and kind = 'tasks.remind'"));
    }

    [Fact]
    public async Task A_date_that_goes_and_comes_back_reminds_once_and_so_does_a_task_that_is_taken_up_again()
    {
        using var owner = await life.Api.RegisterAsync();
        var (a, b) = (DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UtcNow.AddDays(2));
        var moved = await CreateAsync(owner, new { title = "Moved", dueAt = a });
        await PatchAsync(owner, moved, new { dueAt = b });
        await PatchAsync(owner, moved, new { dueAt = a });
        var reopened = await CreateAsync(owner, new { title = "Reopened", dueAt = a, status = "done" });
        Assert.Empty(await RemindersAsync(reopened));
        await PatchAsync(owner, reopened, new { status = "doing" });
        Assert.Single(await RemindersAsync(reopened));
        Assert.Equal(2, (await RemindersAsync(moved)).Count);

        await life.Api.ExecuteAsync($"update jobs set due_at = now() where company_id = '{owner.CompanyId}' and kind = 'tasks.remind'");
        await Poll.UntilAsync(async () => Assert.Empty(await life.Api.QueryAsync($"select id from jobs where company_id = '{owner.CompanyId}'")), seconds: 30);
        Assert.Equal(["Due: Moved", "Due: Reopened"], await TitlesAsync(owner, owner.AccessToken));
    }

    [Fact]
    public async Task A_title_of_two_hundred_emoji_is_told_all_the_same()
    {
        using var owner = await life.Api.RegisterAsync();
        var member = await owner.AddAsync("member");
        var title = string.Concat(Enumerable.Repeat("🙂", 200));
        await CreateAsync(owner, new { title, assigneeId = member.Id });
        await DoneAsync(owner);
        var told = Assert.Single(await TitlesAsync(owner, member.Access));
        Assert.StartsWith("A task for you: 🙂", told, StringComparison.Ordinal);
        Assert.Equal(200, told.EnumerateRunes().Count());
    }

    private async Task DoneAsync(Account owner)
        => await Poll.UntilAsync(async () => Assert.Equal(["0"], await life.Api.QueryAsync(
            $"select count(*) from jobs where company_id = '{owner.CompanyId}' and state <> 'scheduled'")), seconds: 30);

    private Task<List<string>> RemindersAsync(Guid task)
        => life.Api.QueryAsync($"select id from jobs where kind = 'tasks.remind' and payload ->> 'taskId' = '{task}'");

    private static async Task<Guid> CreateAsync(Account owner, object task)
        => (await (await owner.Client.PostAsJsonAsync("/api/v1/tasks", task)).JsonAsync(HttpStatusCode.Created)).GetProperty("id").GetGuid();

    private static async Task PatchAsync(Account owner, Guid task, object changes)
        => await (await owner.Client.PatchAsJsonAsync($"/api/v1/tasks/{task}", changes)).JsonAsync(HttpStatusCode.OK);

    private static async Task<IEnumerable<string>> TitlesAsync(Account owner, string token)
    {
        var list = await (await owner.Client.SendAsync(token, "/api/v1/notifications")).JsonAsync(HttpStatusCode.OK);
        return list.GetProperty("items").EnumerateArray().Select(n => n.GetProperty("title").GetString()!).Order(StringComparer.Ordinal).ToList();
    }
}
