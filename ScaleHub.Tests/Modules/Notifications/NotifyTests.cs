using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules;
using ScaleHub.Modules.Notifications;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Notifications;

/// <summary>Telling a user something: in the list, and by mail if the user wants it.</summary>
[Collection(PostgresTests.Name)]
public sealed class NotifyTests(PostgresServer server)
{
    [Fact]
    public async Task A_user_is_told_in_the_list_and_by_mail_unless_he_does_not_want_that_kind_or_is_gone()
    {
        await using var smtp = new CatchingMailServer();
        await smtp.StartAsync();
        await using var host = await JobsHost.StartAsync(server, workers: 0, ("ConnectionStrings:mail", smtp.Url), ("Mail:PublicUrl", "https://app.example"));
        var (wants, quiet, gone) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await host.ExecuteAsync($"""
            insert into companies (id, name) values ('{host.Company}', 'c');
            insert into users (company_id, id, email, password_hash, role, deleted_at) values
                ('{host.Company}', '{wants}', 'wants@company.example', 'x', 'owner', null),
                ('{host.Company}', '{quiet}', 'quiet@company.example', 'x', 'member', null),
                ('{host.Company}', '{gone}', 'gone@company.example', 'x', 'member', now());
            insert into notification_preferences values ('{host.Company}', '{quiet}', 'task_assigned', false);
            """);
        await host.StartWorkerAsync(ModuleList.Jobs);
        foreach (var user in new[] { wants, quiet, gone })
            await host.UntilAsync(await host.AddAsync(new Notify(user, NotificationKind.TaskAssigned, "A task for you", "Call <Bob>")), "succeeded 1");
        await host.UntilAsync(await host.AddAsync(new Notify(quiet, NotificationKind.TaskDue, "It is due")), "succeeded 1");

        await Poll.UntilAsync(async () => Assert.Equal(["0"], await host.QueryAsync("select count(*) from jobs")));
        Assert.Equal(
            ["quiet A task for you", "quiet It is due", "wants A task for you"],
            await host.QueryAsync("""
                select split_part(u.email, '@', 1) || ' ' || n.title from notifications n join users u on u.id = n.user_id order by 1
                """));
        Assert.Equal(
            ["quiet@company.example It is due", "wants@company.example A task for you"],
            smtp.Mailbox.List().Select(m => $"{m.To} {m.Subject}").Order(StringComparer.Ordinal));
        Assert.Contains("https://app.example", smtp.Mailbox.List(to: "wants")[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_thousand_of_a_user_are_kept_and_nothing_of_others_goes()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        var (user, other) = (Guid.NewGuid(), Guid.NewGuid());
        await host.ExecuteAsync($"""
            insert into companies (id, name) values ('{host.Company}', 'c');
            insert into users (company_id, id, email, password_hash, role) values
                ('{host.Company}', '{user}', 'a@b.example', 'x', 'owner'), ('{host.Company}', '{other}', 'b@b.example', 'x', 'member');
            insert into notifications (company_id, id, user_id, kind, title)
            select '{host.Company}', uuid7_floor(now() + n * interval '1 second'), '{user}', 'task_due', n::text from generate_series(1, 1010) n;
            insert into notifications (company_id, id, user_id, kind, title)
            select '{host.Company}', uuid7_floor(now() - n * interval '1 second'), '{other}', 'task_due', 'other' from generate_series(1, 5) n;
            """);
        await using (var scope = host.Scope()) await NotifyHandler.TidyAsync(scope.ServiceProvider.GetRequiredService<ScaleHubDb>(), user, default);
        Assert.Equal(["11 1010 1000"], await host.QueryAsync(
            $"select min(title::int) || ' ' || max(title::int) || ' ' || count(*) from notifications where user_id = '{user}'"));
        Assert.Equal(["5"], await host.QueryAsync($"select count(*) from notifications where user_id = '{other}'"));
    }
}
