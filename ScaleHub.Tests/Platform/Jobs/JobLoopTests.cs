using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Jobs;

/// <summary>Running jobs: effects exactly once, whatever fails, and no company at the expense of another.</summary>
[Collection(PostgresTests.Name)]
public sealed class JobLoopTests(PostgresServer server)
{
    [Fact]
    public async Task A_failed_run_leaves_nothing_is_tried_again_and_ends_dead_after_ten_attempts()
    {
        await using var host = await JobsHost.StartAsync(server, settings: ("Jobs:PollMs", "10"));
        var once = await host.AddAsync(new Note("once", "fail once"));
        var always = await host.AddAsync(new Note("always", "fail"));
        await host.UntilAsync(once, "succeeded 2");
        await host.UntilAsync(always, "dead 10");
        Assert.Equal(["once"], await host.EffectsAsync());
        Assert.Contains("a secret of the inside", Assert.Single(await host.QueryAsync($"select error from jobs where id = '{always}'")),
            StringComparison.Ordinal);
        Assert.Equal([""], await host.QueryAsync($"select failure from job_history where id = '{always}'"));
    }

    [Fact]
    public async Task A_job_that_gives_up_is_dead_at_once_and_says_why()
    {
        await using var host = await JobsHost.StartAsync(server);
        var job = await host.AddAsync(new Note("none", "give up"));
        await host.UntilAsync(job, "dead 1");
        Assert.Empty(await host.EffectsAsync());
        Assert.Equal(["There is no such patient."], await host.QueryAsync($"select failure from job_history where id = '{job}'"));
    }

    [Fact]
    public async Task Who_lost_its_lease_commits_nothing_and_the_job_is_done_once()
    {
        await using var host = await JobsHost.StartAsync(server);
        var job = await host.AddAsync(new Note("once", "wait"));
        await host.UntilWaitingAsync();
        var first = host.Stage.Gate;
        host.Stage.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // As when the worker was away for longer than its lease, and another one took the job.
        await host.ExecuteAsync($"update jobs set state = 'queued', fence = fence + 1 where id = '{job}'");
        await host.UntilWaitingAsync(2);
        // The first run comes to its end while the second is at it.
        first.SetResult();
        await UntilTransactionsAsync(1);
        Assert.Equal("running 2", await host.StateAsync(job));
        Assert.Empty(await host.EffectsAsync());
        host.Stage.Gate.SetResult();
        await host.UntilAsync(job, "succeeded 2");
        await UntilTransactionsAsync(0);
        Assert.Equal(["once"], await host.EffectsAsync());

        Task UntilTransactionsAsync(int count) => Poll.UntilAsync(async () => Assert.Equal([$"{count}"], await host.QueryAsync(
            "select count(*) from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()")));
    }

    [Fact]
    public async Task A_lease_is_renewed_as_long_as_the_job_runs()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 2, ("Jobs:LeaseSeconds", "4"));
        var job = await host.AddAsync(new Note("long", "wait"));
        await host.UntilWaitingAsync();
        var first = await LeaseAsync(host, job);
        await Poll.UntilAsync(async () => Assert.True(await LeaseAsync(host, job) > first.AddSeconds(4)), seconds: 30);
        host.Stage.Gate.SetResult();
        await host.UntilAsync(job, "succeeded 1");
    }

    [Fact]
    public async Task A_worker_that_stops_gives_back_what_it_cannot_finish()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        var worker = await host.StartWorkerAsync();
        var job = await host.AddAsync(new Note("once", "wait"));
        await host.UntilWaitingAsync();
        await host.StopAsync(worker);
        Assert.Equal("queued 0", await host.StateAsync(job));
        host.Stage.Gate.SetResult();
        await host.StartWorkerAsync();
        await host.UntilAsync(job, "succeeded 1");
        Assert.Equal(["once"], await host.EffectsAsync());
    }

    [Fact]
    public async Task A_running_job_that_is_cancelled_ends_without_effect()
    {
        await using var host = await JobsHost.StartAsync(server);
        var job = await host.AddAsync(new Note("none", "wait"));
        await host.UntilWaitingAsync();
        Assert.Equal(["running"], await host.QueryAsync($"select cancel_job('{host.Company}', '{job}')"));
        await host.UntilAsync(job, "cancelled 1");
        Assert.Empty(await host.EffectsAsync());
    }

    [Fact]
    public async Task A_job_that_is_cancelled_before_it_ran_never_runs_and_lets_the_next_go()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        var first = await host.AddAsync(new Note("first"), new() { OrderingKey = "a", DueAt = DateTimeOffset.UtcNow.AddHours(1) });
        var second = await host.AddAsync(new Note("second"), new() { OrderingKey = "a" });
        await host.StartWorkerAsync();
        await Poll.UntilAsync(async () => Assert.Equal(["blocked"], await host.QueryAsync($"select state from jobs where id = '{second}'")));
        Assert.Equal(["scheduled"], await host.QueryAsync($"select cancel_job('{host.Company}', '{first}')"));
        await host.UntilAsync(second, "succeeded 1");
        Assert.Equal("cancelled 0", await host.StateAsync(first));
        Assert.Equal(["second"], await host.EffectsAsync());
    }

    [Fact]
    public async Task Jobs_of_an_ordering_key_that_are_cancelled_while_others_of_it_end_wait_for_nobody_in_a_circle()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 2);
        var jobs = await host.AddAsync(queue => Task.FromResult(
            Enumerable.Range(0, 200).Select(i => queue.Add(new Note($"{i:000}"), new() { OrderingKey = "a" })).ToList()));
        // From four sides at once. A deadlock would be an error of one of them.
        await Task.WhenAll(jobs.Where((_, i) => i % 2 == 1).Chunk(25).Select(async chunk =>
        {
            foreach (var job in chunk) await host.QueryAsync($"select cancel_job('{host.Company}', '{job}')");
        }));
        await Poll.UntilAsync(async () => Assert.Equal(["0"], await host.QueryAsync("select count(*) from jobs")), seconds: 60);
        var effects = await host.EffectsAsync();
        Assert.Equal(effects.Order(StringComparer.Ordinal), effects);
        Assert.Equal(100, effects.Count(name => int.Parse(name, null) % 2 == 0));
        Assert.Equal(["0"], await host.QueryAsync("select count(*) from finished_jobs where attempts > 1"));
    }

    [Fact]
    public async Task A_run_that_takes_too_long_is_stopped_and_tried_again()
    {
        await using var host = await JobsHost.StartAsync(server);
        var job = await host.AddAsync(new NoteOutside("long", "wait"));
        await host.UntilWaitingAsync(2);
        Assert.Contains("longer than 1 s", Assert.Single(await host.QueryAsync($"select error from jobs where id = '{job}'")), StringComparison.Ordinal);
        host.Stage.Gate.SetResult();
        await Poll.UntilAsync(async () => Assert.StartsWith("succeeded", await host.StateAsync(job), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Progress_is_seen_while_the_job_runs()
    {
        await using var host = await JobsHost.StartAsync(server);
        var job = await host.AddAsync(new Note("none", "wait"));
        await host.UntilWaitingAsync();
        Assert.Equal(["40 four of ten"], await host.QueryAsync($"select progress || ' ' || progress_text from job_history where id = '{job}'"));
        Assert.Empty(await host.EffectsAsync());
    }

    [Fact]
    public async Task Ten_thousand_jobs_of_one_company_do_not_hold_up_one_of_another()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        await host.ExecuteAsync($$"""
            insert into jobs (company_id, id, kind, payload)
            select '{{host.Company}}', gen_random_uuid(), 'test.note', '{"name": "many"}' from generate_series(1, 10000)
            """);
        await host.StartWorkerAsync();
        await Poll.UntilAsync(async () => Assert.NotEmpty(await host.EffectsAsync()));
        var other = await host.AddAsync(new Note("one"), company: Guid.CreateVersion7());
        await host.UntilAsync(other, "succeeded 1");
        // Counted in jobs, not in seconds: most of the ten thousand were still to come.
        var behind = await host.QueryAsync(
            "select 10000 - count(*) from effects where name = 'many' and at < (select at from effects where name = 'one')");
        Assert.True(int.Parse(behind[0], null) > 5000, $"{behind[0]} of the ten thousand were still to come.");
    }

    [Fact]
    public async Task A_company_whose_jobs_never_end_leaves_slots_to_others()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 1, ("Jobs:Slots", "4"), ("Jobs:ReservedSlots", "1"));
        for (var i = 0; i < 10; i++) await host.AddAsync(new Note("endless", "wait"));
        await host.UntilWaitingAsync(3);
        var other = await host.AddAsync(new Note("one"), company: Guid.CreateVersion7());
        await host.UntilAsync(other, "succeeded 1");
        Assert.Equal(["3"], await host.QueryAsync("select count(*) from jobs where state = 'running'"));
    }

    [Fact]
    public async Task After_an_outage_of_the_database_all_jobs_are_done_once()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 2, ("Jobs:PollMs", "50"));
        for (var i = 0; i < 200; i++) await host.AddAsync(new Note($"{i}"));
        var name = new NpgsqlConnectionStringBuilder(host.Database.Owner).Database;
        var admin = server.ConnectionString();
        for (var i = 0; i < 5; i++)
            await PostgresServer.ExecuteAsync(admin, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        await Poll.UntilAsync(async () => Assert.Equal(200, (await host.EffectsAsync()).Count), seconds: 60);
        await Poll.UntilAsync(async () => Assert.Equal(["0"], await host.QueryAsync("select count(*) from jobs")), seconds: 60);
        Assert.Equal(200, (await host.EffectsAsync()).Distinct().Count());
    }

    [Fact]
    public async Task Every_tick_of_a_schedule_adds_one_job_however_many_workers_there_are()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        // As if it had last run three days ago: one job for the last tick, not three.
        await host.ExecuteAsync("insert into schedules values ('test.daily', now() - interval '3 days')");
        for (var i = 0; i < 3; i++)
            await host.StartWorkerAsync(jobs => jobs.Schedule("test.daily", "0 0 * * *", tick => new Note($"{tick:yyyy-MM-dd}")));
        await Poll.UntilAsync(async () => Assert.NotEmpty(await host.EffectsAsync()), seconds: 30);
        await Poll.UntilAsync(async () => Assert.Equal(["0"], await host.QueryAsync("select count(*) from jobs")));
        Assert.Equal(await host.QueryAsync("select to_char(last_tick at time zone 'utc', 'YYYY-MM-DD') from schedules"), await host.EffectsAsync());
    }

    [Fact]
    public async Task A_worker_is_woken_and_listens_again_when_its_connection_was_lost()
    {
        // Found without being woken, a job would take a minute.
        await using var host = await JobsHost.StartAsync(server, workers: 1, ("Jobs:PollMs", "60000"));
        for (var i = 0; i < 2; i++)
        {
            await Poll.UntilAsync(async () => Assert.Equal(["1"], await host.QueryAsync(Listening)), seconds: 30);
            await host.UntilAsync(await host.AddAsync(new Note("woken")), "succeeded 1");
            await host.QueryAsync(Listening.Replace("count(*)", "pg_terminate_backend(pid)", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task No_more_jobs_run_than_the_pool_has_connections_for()
    {
        // Four of six are the worker's own; of the other two a company gets one.
        await using var host = await JobsHost.StartAsync(server, workers: 1, ("Postgres:Pool:Max", "6"), ("Postgres:Pool:Min", "0"));
        for (var i = 0; i < 10; i++) await host.AddAsync(new Note("held", "wait"), company: i % 2 == 0 ? host.Company : Tenant.Platform);
        await host.UntilWaitingAsync(2);
        host.Stage.Gate.SetResult();
        await Poll.UntilAsync(async () => Assert.Equal(10, (await host.EffectsAsync()).Count), seconds: 30);
        Assert.Equal(2, host.Stage.Most);
    }

    [Fact]
    public async Task A_run_belongs_to_the_trace_of_the_request_that_added_the_job()
    {
        await using var host = await JobsHost.StartAsync(server);
        var runs = new ConcurrentBag<(string Name, ActivityTraceId Trace)>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "ScaleHub.Jobs",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => runs.Add((activity.OperationName, activity.TraceId)),
        };
        ActivitySource.AddActivityListener(listener);
        using var request = new Activity("request").Start();
        await host.UntilAsync(await host.AddAsync(new Note("traced")), "succeeded 1");
        await Poll.UntilAsync(() => Assert.Contains(("process test.note", request.TraceId), runs));
    }

    [Fact]
    public async Task Who_uses_its_scope_after_a_commit_that_nobody_reads_behind_is_in_no_transaction()
    {
        await using var host = await JobsHost.StartAsync(server);
        var job = await host.AddAsync(new NoteOutside("outside", "two writes"));
        await host.UntilAsync(job, "succeeded 1");
        Assert.Equal(["outside", "outside again"], await host.EffectsAsync());
    }

    private const string Listening =
        "select count(*) from pg_stat_activity where datname = current_database() and query = 'listen scalehub_jobs'";

    private static async Task<DateTime> LeaseAsync(JobsHost host, Guid job)
    {
        await using var source = NpgsqlDataSource.Create(host.Database.Owner);
        await using var command = source.CreateCommand($"select due_at from jobs where id = '{job}' and state = 'running'");
        return (DateTime)(await command.ExecuteScalarAsync())!;
    }
}
