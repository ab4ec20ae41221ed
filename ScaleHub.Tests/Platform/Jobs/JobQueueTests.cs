using ScaleHub.Core.Platform;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Jobs;

/// <summary>Adding jobs: with the transaction that causes them or not at all, once where asked, in order where asked.</summary>
[Collection(PostgresTests.Name)]
public sealed class JobQueueTests(PostgresServer server)
{
    [Fact]
    public async Task A_job_exists_if_its_transaction_commits_and_only_then()
    {
        await using var host = await JobsHost.StartAsync(server);
        await host.AddAsync(queue => Task.FromResult(queue.Add(new Note("rolled back"))), commit: false);
        await host.AddAsync(queue => queue.AddOnceAsync(new Note("rolled back"), "once"), commit: false);
        var job = await host.AddAsync(new Note("committed"));
        await host.UntilAsync(job, "succeeded 1");
        Assert.Equal(["committed"], await host.EffectsAsync());
        Assert.Equal("1", Assert.Single(await host.QueryAsync("select count(*) from job_history")));
        Assert.Equal("""{"name": "committed"}""", Assert.Single(await host.QueryAsync("select result from finished_jobs")));
    }

    [Fact]
    public async Task Of_jobs_with_one_key_that_are_added_at_once_there_is_one_until_it_is_done()
    {
        await using var host = await JobsHost.StartAsync(server);
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => host.AddAsync(queue => queue.AddOnceAsync(new Note("a", "wait"), "key"))));
        await host.UntilWaitingAsync();
        var again = await host.AddAsync(queue => queue.AddOnceAsync(new Note("b"), "key"));
        // Another company's key is another key.
        var other = await host.AddAsync(queue => queue.AddOnceAsync(new Note("c"), "key"), Guid.CreateVersion7());
        await host.UntilAsync(other, "succeeded 1");
        Assert.Equal(again, Assert.Single(ids.Distinct()));

        host.Stage.Gate.SetResult();
        await host.UntilAsync(again, "succeeded 1");
        var next = await host.AddAsync(queue => queue.AddOnceAsync(new Note("d"), "key"));
        await host.UntilAsync(next, "succeeded 1");
        Assert.Equal(["a", "c", "d"], (await host.EffectsAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_dead_job_does_not_keep_its_key()
    {
        await using var host = await JobsHost.StartAsync(server);
        var dead = await host.AddAsync(queue => queue.AddOnceAsync(new Note("a", "give up"), "key"));
        await host.UntilAsync(dead, "dead 1");
        var next = await host.AddAsync(queue => queue.AddOnceAsync(new Note("b"), "key"));
        await host.UntilAsync(next, "succeeded 1");
    }

    [Fact]
    public async Task A_job_runs_when_it_is_due_and_not_before()
    {
        await using var host = await JobsHost.StartAsync(server);
        var late = await host.AddAsync(new Note("late"), new() { DueAt = DateTimeOffset.UtcNow.AddHours(1) });
        var job = await host.AddAsync(new Note("now"));
        await host.UntilAsync(job, "succeeded 1");
        Assert.Equal("scheduled 0", await host.StateAsync(late));
        await host.ExecuteAsync($"update jobs set due_at = now() where id = '{late}'");
        await host.UntilAsync(late, "succeeded 1");
    }

    [Fact]
    public async Task Jobs_with_one_ordering_key_run_one_after_another_in_the_order_in_which_they_were_added()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 3);
        // Many in one transaction, many one by one, and one in the middle that fails at first and holds up the others.
        await host.AddAsync(queue =>
        {
            for (var i = 0; i < 100; i++)
                queue.Add(new Note($"{i:000}", i == 50 ? "fail once" : ""), new() { OrderingKey = "patient 7" });
            return Task.FromResult(0);
        });
        for (var i = 100; i < 130; i++) await host.AddAsync(new Note($"{i:000}"), new() { OrderingKey = "patient 7" });
        await Poll.UntilAsync(async () => Assert.Equal(130, (await host.EffectsAsync()).Count), seconds: 60);
        Assert.Equal(Enumerable.Range(0, 130).Select(i => $"{i:000}"), await host.EffectsAsync());
        Assert.Equal(1, host.Stage.Most);
    }

    [Fact]
    public async Task Different_ordering_keys_do_not_wait_for_each_other_and_a_dead_job_lets_the_next_go()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 2);
        await host.AddAsync(new Note("held", "wait"), new() { OrderingKey = "a" });
        var behind = await host.AddAsync(new Note("behind"), new() { OrderingKey = "a" });
        var dead = await host.AddAsync(new Note("dead", "give up"), new() { OrderingKey = "b" });
        var next = await host.AddAsync(new Note("next"), new() { OrderingKey = "b" });
        var free = await host.AddAsync(new Note("free"));
        await host.UntilAsync(next, "succeeded 1");
        await host.UntilAsync(free, "succeeded 1");
        await host.UntilAsync(dead, "dead 1");
        Assert.Equal("queued 0", await host.StateAsync(behind));
        host.Stage.Gate.SetResult();
        await host.UntilAsync(behind, "succeeded 1");
    }

    [Fact]
    public async Task A_blocked_job_that_nothing_blocks_is_found()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        var job = await host.AddAsync(new Note("forgotten"), new() { OrderingKey = "a" });
        await host.AddAsync(new Note("behind"), new() { OrderingKey = "a" });
        await host.ExecuteAsync("update jobs set state = 'blocked'");
        Assert.Equal(["1"], await host.QueryAsync("select queue_forgotten_jobs()"));
        await host.StartWorkerAsync();
        await host.UntilAsync(job, "succeeded 1");
        await Poll.UntilAsync(async () => Assert.Equal(["forgotten", "behind"], await host.EffectsAsync()));
    }

    [Fact]
    public void Identifiers_grow_however_many_are_made_in_a_millisecond()
    {
        var now = DateTimeOffset.UtcNow;
        // Beyond the 4096 that a millisecond has, and with a clock that goes back.
        var ids = Enumerable.Range(0, 10_000).Select(i => OrderedIds.Next(i < 9_000 ? now : now.AddSeconds(-5))).ToList();
        Assert.Equal(ids, ids.OrderBy(id => id.ToString(), StringComparer.Ordinal));
        Assert.Equal(10_000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal((7, '7'), (id.Version, id.ToString()[14])));
    }
}
