using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using ScaleHub.Tests.Support;
using Xunit.Abstractions;

namespace ScaleHub.Tests.System;

/// <summary>Tests that kill a graph's primary: one graph each, and nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FailoverDrills
{
    public const string Name = "failover";
}

[Collection(FailoverDrills.Name)]
public sealed partial class FailoverTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly GraphFixture _graph = new(["--durability", "quorum"]);

    public Task InitializeAsync() => _graph.InitializeAsync();

    public Task DisposeAsync() => _graph.DisposeAsync();

    [Fact]
    public async Task A_killed_primary_costs_no_acknowledged_write_and_no_read()
    {
        using var account = await Account.RegisterAsync(_graph.Address);
        using var reader = await account.ColleagueAsync(_graph);
        using var load = new FailoverLoad(account, reader, writers: 6, readers: 2);
        await load.AcknowledgesAsync(100, seconds: 20);

        await PostgresNode.KillAsync(await _graph.GetConnectionString("pg"));
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

        var found = await PostgresNode.AskAsync<Guid[]>(
            await _graph.GetConnectionString(promoted), $"select array_agg(id) from tasks where company_id = '{account.CompanyId}'");
        Assert.Empty(load.Acknowledged.Select(a => a.Id).Except(found));
        Assert.All(load.Refused, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        Assert.Empty(load.FailedReads);
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
        Assert.True(await PostgresNode.AskAsync<bool>(first, "select pg_is_in_recovery()"));

        await PostgresNode.ReceiveAsync(first, receive: false);
        await account.CreateTaskAsync("Confirmed by the other standby");
        await PostgresNode.ReceiveAsync(second, receive: false);
        var clock = Stopwatch.StartNew();
        using var unconfirmed = await account.Client.PostJsonAsync("/api/v1/tasks", new { title = "Nobody confirms it", status = "todo" });
        await unconfirmed.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(unconfirmed.Headers.RetryAfter);
        output.WriteLine($"unconfirmed after {clock.Elapsed.TotalSeconds:F2} s");
        // The command time-out of 5 s, and time for the cancellation.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 8);
        await PostgresNode.ReceiveAsync(second, receive: true);
        var confirmed = await account.CreateTaskAsync("Confirmed again");

        await PostgresNode.KillAsync(pg);
        refused = await PromoteAsync("pg-replica-1");
        Assert.False(refused.Success);
        Assert.Contains("promote pg-replica-2 instead", refused.Message, StringComparison.Ordinal);
        var result = await PromoteAsync("pg-replica-2");
        Assert.True(result.Success, result.Message);
        await FollowsAsync("pg-replica-1", "pg-replica-2");
        Assert.True(await PostgresNode.AskAsync<bool>(second, $"select exists (select from tasks where id = '{confirmed}')"));

        // The deposed primary does not come back beside the new one.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _graph.App.ResourceCommands.ExecuteCommandAsync("pg", KnownResourceCommands.StartCommand, deadline.Token);
        await _graph.App.ResourceNotifications.WaitForResourceAsync("pg", KnownResourceStates.FailedToStart, deadline.Token);
    }

    private async Task<ExecuteCommandResult> PromoteAsync(string replica)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await _graph.App.ResourceCommands.ExecuteCommandAsync(replica, "promote", deadline.Token);
    }

    private async Task FollowsAsync(string standby, string primary)
    {
        var connectionString = await _graph.GetConnectionString(primary);
        await Poll.UntilAsync(async () => Assert.True(await PostgresNode.AskAsync<bool>(connectionString,
            $"select exists (select from pg_stat_replication where application_name = '{standby}' and state = 'streaming')")));
    }

    [GeneratedRegex("promote (pg-replica-[0-9]+) instead")]
    private static partial Regex Instead();
}
