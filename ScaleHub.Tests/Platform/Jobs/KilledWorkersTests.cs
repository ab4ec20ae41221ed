using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Jobs;

/// <summary>Real workers, killed at any moment: every effect exactly once.</summary>
[Collection(PostgresTests.Name)]
public sealed class KilledWorkersTests(PostgresServer server)
{
    private const int Jobs = 20_000, Companies = 20, Kills = 5, LeaseSeconds = 3;

    // A schedule may add jobs of its own meanwhile.
    private const string Theirs = "kind = 'notifications.notify'";

    [Fact]
    public async Task Twenty_thousand_jobs_on_three_workers_that_are_killed_again_and_again_are_each_done_once()
    {
        var database = await server.CreateDatabaseAsync();
        // Each notifies a user, who wants no mails: the effect is a row. Every tenth job has an ordering key.
        await PostgresServer.ExecuteAsync(database.Owner, $$"""
            insert into companies (id, name) select md5('c' || n)::uuid, 'c' from generate_series(0, {{Companies - 1}}) n;
            insert into users (company_id, id, email, password_hash, role) select id, id, id || '@a.example', 'x', 'owner' from companies where name = 'c';
            insert into notification_preferences select company_id, id, 'task_due', false from users;
            insert into jobs (company_id, id, kind, ordering_key, payload)
            select c, md5('j' || n)::uuid, 'notifications.notify', case when n % 10 < 1 then 'key ' || n % 30 end,
                jsonb_build_object('userId', c, 'about', 'taskDue', 'title', lpad(n::text, 6, '0'))
            from generate_series(1, {{Jobs}}) n, lateral (select md5('c' || n % {{Companies}})::uuid as c) company order by n
            """);
        await using var workers = new WorkerProcesses(
            ("ConnectionStrings__scalehub", database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            ("ConnectionStrings__redis", "127.0.0.1:1"), ("ScaleHub__Secret", PostgresServer.Secret), ("Jobs__LeaseSeconds", $"{LeaseSeconds}"));
        for (var i = 0; i < 3; i++) workers.Start();

        var dice = new Random(7);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Whenever another part of the jobs is done: while all workers are at it.
            var next = (kill + 1) * Jobs / (Kills + 2);
            await Poll.UntilAsync(async () => Assert.True(await CountAsync(database, "select count(*) from notifications") >= next), seconds: 120);
            await workers.KillAsync(dice.Next(workers.Count));
            workers.Start();
        }
        await Poll.UntilAsync(async () => Assert.Equal(0, await CountAsync(database, $"select count(*) from jobs where {Theirs}")), seconds: 180);

        Assert.Equal(Jobs, await CountAsync(database, "select count(*) from notifications"));
        Assert.Equal(Jobs, await CountAsync(database, "select count(distinct title) from notifications"));
        Assert.Equal(Jobs, await CountAsync(database, $"select count(*) from finished_jobs where outcome = 'succeeded' and {Theirs}"));
        // Killing did hit jobs, or this test shows nothing.
        Assert.NotEqual(0, await CountAsync(database, "select count(*) from finished_jobs where attempts > 1"));
        // In order, by the moment of the commit's transaction, for each key.
        Assert.Equal(0, await CountAsync(database, """
            select count(*) from (
                select title, lag(title) over (partition by company_id, title::int % 30 order by created_at, id) as before
                from notifications where title::int % 10 < 1) o
            where before > title
            """));
    }

    [Fact]
    public async Task A_job_of_a_killed_worker_is_taken_up_when_its_lease_has_ended()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        var job = await host.AddAsync(new Note("once"));
        // As a worker leaves it that was killed: nobody will ever renew the lease.
        await host.ExecuteAsync("update jobs set state = 'running', fence = 1, attempts = 1, due_at = now() + interval '2 seconds'");
        await host.StartWorkerAsync();
        await host.UntilAsync(job, "succeeded 2");
        // Not before its end, and by the finishing time not long after.
        var late = Assert.Single(await host.QueryAsync($"select extract(epoch from finished_at - created_at) > 2 from finished_jobs where id = '{job}'"));
        Assert.Equal("True", late);
    }

    private static async Task<long> CountAsync(TestDatabase database, string sql)
        => long.Parse(Assert.Single(await PostgresServer.QueryAsync(database.Owner, sql)), null);
}
