using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using Xunit.Abstractions;

namespace ScaleHub.Tests.System;

[Collection(Alone.Name)]
public sealed partial class FailoverTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly GraphFixture _graph = new(["--durability", "quorum"], builder =>
    {
        // On a busy machine Redis may miss its 100 ms. Then reads ask the primary what they must see, which is the one that is
        // gone here: two faults at once, and no longer this test's.
        foreach (var api in builder.Resources.OfType<ProjectResource>())
        {
            builder.CreateResourceBuilder(api).WithEnvironment("Redis__TimeoutMs", "5000");
        }
    });

    public Task InitializeAsync() => _graph.InitializeAsync();

    public Task DisposeAsync() => _graph.DisposeAsync();

    [Fact]
    public async Task A_killed_primary_costs_no_acknowledged_write_and_no_read()
    {
        using var account = await Account.RegisterAsync(_graph.Address);
        using var reader = await account.ColleagueAsync(_graph);
        // Signing in was a write: from then on until the standbys are seen to have it, the primary alone may answer.
        await Poll.UntilAsync(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                using var read = await reader.GetAsync(new Uri("/api/v1/patients", UriKind.Relative));
                Assert.StartsWith("pg-replica", read.Headers.GetValues("ScaleHub-Read-From").Single(), StringComparison.Ordinal);
            }
        });
        using var load = new FailoverLoad(account, reader, writers: 6, readers: 2);
        await load.AcknowledgesAsync(100, seconds: 20);

        ProcessTree.Kill(PortOf("pg"));
        var killed = load.Now;
        await Poll.UntilAsync(() =>
        {
            Assert.NotEmpty(load.Refused);
            return Task.CompletedTask;
        });
        var (promoted, other) = ("pg-replica-1", "pg-replica-2");
        var told = load.Now;
        var result = await PromoteAsync(promoted);
        if (!result.Success && Instead().Match(result.Message!) is { Success: true } instead)
        {
            (promoted, other) = (other, promoted);
            Assert.Equal(promoted, instead.Groups[1].Value);
            result = await PromoteAsync(promoted);
        }
        Assert.True(result.Success, result.Message);
        var done = load.Now;

        var resumed = await load.AcknowledgesAsync(100, seconds: 10);
        var before = load.Acknowledged.Count(a => a.Answered < told);
        output.WriteLine($"drill: promote {(done - told).TotalSeconds:F2} s, resumed {(resumed - done).TotalSeconds:F2} s after it "
            + $"and {(resumed - killed).TotalSeconds:F2} s after the kill; {before} writes before, refused {load.Refused.Count}, "
            + $"reads {load.Reads}, failed reads {load.FailedReads.Count}");
        await FollowsAsync(other, promoted);
        await load.StopAsync();

        var found = await NodeSql.AskAsync<Guid[]>(
            await _graph.GetConnectionString(promoted),
            $"select array_agg(id) from tasks where company_id = '{account.CompanyId}'");
        Assert.Empty(load.Acknowledged.Select(a => a.Id).Except(found));
        Assert.All(load.Refused, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        Assert.True(load.FailedReads.IsEmpty, string.Join('\n', load.FailedReads));
        Assert.True((await PromoteAsync(promoted)).Success, "A second time changes nothing.");
        await FollowsAsync(other, promoted);
    }

    [Fact]
    public async Task Promotion_is_refused_when_it_would_lose_something_and_writes_when_nobody_confirms_them()
    {
        using var account = await Account.RegisterAsync(_graph.Address);
        var (pg, first, second) = (await _graph.GetConnectionString("pg"),
            await _graph.GetConnectionString("pg-replica-1"), await _graph.GetConnectionString("pg-replica-2"));

        var refused = await PromoteAsync("pg-replica-1");
        Assert.False(refused.Success);
        Assert.Contains("pg is the primary and answers", refused.Message, StringComparison.Ordinal);
        Assert.True(await NodeSql.AskAsync<bool>(first, "select pg_is_in_recovery()"));

        await NodeSql.ReceiveAsync(first, receive: false);
        await account.CreateTaskAsync("Confirmed by the other standby");
        await NodeSql.ReceiveAsync(second, receive: false);
        var writing = account.Client.PostJsonAsync("/api/v1/tasks", new { title = "Nobody confirms it" });
        // From when the request's own commit waits: what the machine takes for the request until then says nothing of it.
        await Poll.UntilAsync(async () => Assert.True(await NodeSql.AskAsync<bool>(
            pg, """
                select exists (select from pg_stat_activity a join pg_locks l on l.pid = a.pid
                    where a.wait_event = 'SyncRep' and l.mode = 'RowExclusiveLock' and l.relation = to_regclass('tasks'))
                """)));
        var clock = Stopwatch.StartNew();
        using var unconfirmed = await writing;
        await unconfirmed.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(unconfirmed.Headers.RetryAfter);
        output.WriteLine($"unconfirmed after {clock.Elapsed.TotalSeconds:F2} s");
        // The command time-out of 5 s, and time for the cancellation.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 8);
        await NodeSql.ReceiveAsync(second, receive: true);
        var confirmed = await account.CreateTaskAsync("Confirmed again");

        // It hangs, and so does not answer; it will wake up.
        var hung = ProcessTree.Freeze(PortOf("pg"));
        refused = await PromoteAsync("pg-replica-1");
        Assert.False(refused.Success);
        Assert.Contains("promote pg-replica-2 instead", refused.Message, StringComparison.Ordinal);
        var result = await PromoteAsync("pg-replica-2");
        Assert.True(result.Success, result.Message);
        await FollowsAsync("pg-replica-1", "pg-replica-2");
        Assert.True(await NodeSql.AskAsync<bool>(second, $"select exists (select from tasks where id = '{confirmed}')"));

        // The deposed primary wakes up to nobody who would confirm anything, and nobody writes to it.
        hung.Dispose();
        await Poll.UntilAsync(async () => Assert.False(
            await NodeSql.AskAsync<bool>(pg, "select exists (select from pg_stat_replication)")));
        // An instance that has not looked yet may write to the deposed one, where nobody confirms it: 503, and not acknowledged.
        var current = Guid.Empty;
        await Poll.UntilAsync(async () => current = await account.CreateTaskAsync("To the new primary"), seconds: 20);
        Assert.True(await NodeSql.AskAsync<bool>(second, $"select exists (select from tasks where id = '{current}')"));

        // It does not start again beside the new one.
        ProcessTree.Kill(PortOf("pg"));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _graph.App.ResourceNotifications.WaitForResourceAsync("pg", KnownResourceStates.TerminalStates, deadline.Token);
        await Poll.UntilAsync(async () =>
        {
            // A start that comes before the end is wholly through is not heard, so it is repeated until it is.
            Assert.True(_graph.App.ResourceNotifications.TryGetCurrentState("pg", out var pgState));
            if (KnownResourceStates.TerminalStates.Contains(pgState.Snapshot.State?.Text))
            {
                await _graph.App.ResourceCommands.ExecuteCommandAsync("pg", KnownResourceCommands.StartCommand, deadline.Token);
            }
            Assert.Equal(KnownResourceStates.FailedToStart, pgState.Snapshot.State?.Text);
        });
        Assert.Contains("pg-replica-2 was promoted and is the primary now", await LogAsync("pg"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_start_deletes_nothing_of_a_promotion_and_can_go_on_with_it()
    {
        using var account = await Account.RegisterAsync(_graph.Address);
        var data = await DataAsync("pg");
        ProcessTree.Kill(PortOf("pg"));
        var result = await PromoteAsync("pg-replica-1");
        Assert.True(result.Success, result.Message);
        await FollowsAsync("pg-replica-2", "pg-replica-1");
        var kept = Guid.Empty;
        await Poll.UntilAsync(async () => kept = await account.CreateTaskAsync("Only where it was promoted"));
        var promotedData = await DataAsync("pg-replica-1");

        // As the next start does: the old primary first, when no other node runs.
        await StopAsync("pg-replica-2", "pg-replica-1");
        await StartAsync("pg");
        foreach (var replica in (string[])["pg-replica-1", "pg-replica-2"])
        {
            await StartAsync(replica, KnownResourceStates.Finished);
            // The last lines may arrive after the end of the process.
            await Poll.UntilAsync(async () => Assert.Contains(
                "pg has started with older data (timeline 1): nothing was deleted", await LogAsync(replica), StringComparison.Ordinal));
        }

        // As docs/failover.md says: the promoted data becomes the primary's.
        await StopAsync("pg");
        Directory.Delete(data, recursive: true);
        Directory.Move(promotedData, data);
        await StartAsync("pg");
        foreach (var replica in (string[])["pg-replica-1", "pg-replica-2"])
        {
            await StartAsync(replica);
            await FollowsAsync(replica, "pg");
        }
        Assert.True(await NodeSql.AskAsync<bool>(
            await _graph.GetConnectionString("pg"), $"select exists (select from tasks where id = '{kept}')"));
    }

    private int PortOf(string node) => _graph.App.GetEndpoint(node, "tcp").Port;

    private async Task<string> DataAsync(string node)
        => await NodeSql.AskAsync<string>(await _graph.GetConnectionString(node), "show data_directory");

    private async Task StopAsync(params string[] nodes)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (var node in nodes)
        {
            await _graph.App.ResourceCommands.ExecuteCommandAsync(node, KnownResourceCommands.StopCommand, deadline.Token);
            await _graph.App.ResourceNotifications.WaitForResourceAsync(node, KnownResourceStates.TerminalStates, deadline.Token);
        }
    }

    private async Task StartAsync(string node, string? endsAs = null)
    {
        if (endsAs is null)
        {
            await _graph.StartAgainAsync(node);
        }
        else
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await _graph.App.ResourceCommands.ExecuteCommandAsync(node, KnownResourceCommands.StartCommand, deadline.Token);
            // Running first: until then its state is the last run's.
            await _graph.App.ResourceNotifications.WaitForResourceAsync(node, KnownResourceStates.Running, deadline.Token);
            await _graph.App.ResourceNotifications.WaitForResourceAsync(node, endsAs, deadline.Token);
        }
    }

    private async Task<string> LogAsync(string name)
    {
        var lines = new List<string>();
        var resource = _graph.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == name);
        await foreach (var batch in _graph.App.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resource))
        {
            lines.AddRange(batch.Select(l => l.Content));
        }
        return string.Join('\n', lines);
    }

    private async Task<ExecuteCommandResult> PromoteAsync(string replica)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await _graph.App.ResourceCommands.ExecuteCommandAsync(replica, "promote", deadline.Token);
    }

    private async Task FollowsAsync(string standby, string primary)
    {
        var connectionString = await _graph.GetConnectionString(primary);
        await Poll.UntilAsync(async () => Assert.True(await NodeSql.AskAsync<bool>(connectionString,
            $"select exists (select from pg_stat_replication where application_name = '{standby}' and state = 'streaming')")));
    }

    [GeneratedRegex("promote (pg-replica-[0-9]+) instead")]
    private static partial Regex Instead();
}
