using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

[Collection(GraphCollection.Name)]
public sealed class ReadRoutingTests(GraphFixture graph)
{
    // Of the node's default for a statement; nothing here may wait longer than that for a standby.
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task The_health_of_every_node_can_be_read()
    {
        await Poll.UntilAsync(async () =>
        {
            var health = await graph.Client.GetFromJsonAsync<JsonElement>("/api/health/database");
            Assert.Equal("healthy", health.GetProperty("status").GetString());
            var nodes = health.GetProperty("nodes").EnumerateArray().ToDictionary(n => n.GetProperty("name").GetString()!);
            Assert.Equal(["pg", "pg-replica-1", "pg-replica-2"], nodes.Keys.Order());
            Assert.Equal("primary", nodes["pg"].GetProperty("role").GetString());
            Assert.Equal(20, nodes["pg"].GetProperty("pool").GetProperty("max").GetInt32());
            foreach (var name in (string[])["pg-replica-1", "pg-replica-2"])
            {
                Assert.Equal("standby", nodes[name].GetProperty("role").GetString());
                Assert.True(nodes[name].GetProperty("servesReads").GetBoolean());
                Assert.Equal(30, nodes[name].GetProperty("pool").GetProperty("max").GetInt32());
                Assert.InRange(nodes[name].GetProperty("lagSeconds").GetDouble(), 0, 5);
            }
        });
    }

    [Fact]
    public async Task A_standby_more_than_five_seconds_behind_gets_no_reads_until_it_has_caught_up()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await using (await Standbys.DelayAsync(graph, TimeSpan.FromMinutes(5), "pg-replica-1"))
        {
            await account.CreateTaskAsync("what the standby does not replay");
            await Poll.UntilAsync(async () => Assert.False((await NodeAsync("pg-replica-1")).GetProperty("servesReads").GetBoolean()));
            await Poll.UntilAsync(async () => Assert.Equal("pg-replica-2", From(await account.Client.GetAsync("/api/v1/patients"))));
            for (var i = 0; i < 50; i++) Assert.NotEqual("pg-replica-1", From(await account.Client.GetAsync("/api/v1/patients")));
        }
        await Poll.UntilAsync(async () => Assert.True((await NodeAsync("pg-replica-1")).GetProperty("servesReads").GetBoolean()));
    }

    [Fact]
    public async Task A_standby_that_hangs_stalls_no_read_beyond_the_next_look_of_the_monitor()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var answers = new ConcurrentBag<(HttpStatusCode Status, TimeSpan Time)>();
        using var stop = new CancellationTokenSource();
        var load = ReadAsync(account, answers, stop.Token);
        await Poll.UntilAsync(() => { Assert.True(answers.Count > 100); return Task.CompletedTask; });

        using (ProcessTree.Freeze(Port(await graph.GetConnectionString("pg-replica-1"))))
        {
            await Poll.UntilAsync(async () => Assert.Equal("unknown", (await NodeAsync("pg-replica-1")).GetProperty("role").GetString()));
            var before = answers.Count;
            await Poll.UntilAsync(() => { Assert.True(answers.Count > before + 200); return Task.CompletedTask; });
        }
        await stop.CancelAsync();
        await load;
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.All(answers, a => Assert.True(a.Time < CommandTimeout, $"{a.Time}"));
        await Poll.UntilAsync(async () => Assert.True((await NodeAsync("pg-replica-1")).GetProperty("servesReads").GetBoolean()));
    }

    [Fact]
    public async Task A_standby_that_is_killed_fails_no_read()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var answers = new ConcurrentBag<(HttpStatusCode Status, TimeSpan Time)>();
        using var stop = new CancellationTokenSource();
        var load = ReadAsync(account, answers, stop.Token);
        await Poll.UntilAsync(() => { Assert.True(answers.Count > 100); return Task.CompletedTask; });

        using (var server = Process.GetProcessById(ProcessTree.Listening(Port(await graph.GetConnectionString("pg-replica-2"))))) server.Kill();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await graph.App.ResourceNotifications.WaitForResourceAsync("pg-replica-2", KnownResourceStates.TerminalStates, deadline.Token);
        var before = answers.Count;
        await Poll.UntilAsync(() => { Assert.True(answers.Count > before + 200); return Task.CompletedTask; });

        await graph.StartAgainAsync("pg-replica-2");
        await Poll.UntilAsync(async () => Assert.True((await NodeAsync("pg-replica-2")).GetProperty("servesReads").GetBoolean()), seconds: 30);
        await stop.CancelAsync();
        await load;
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.All(answers, a => Assert.True(a.Time < CommandTimeout, $"{a.Time}"));
    }

    private static Task ReadAsync(Account account, ConcurrentBag<(HttpStatusCode, TimeSpan)> answers, CancellationToken stop)
        => Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                var start = Stopwatch.GetTimestamp();
                using var response = await account.Client.GetAsync("/api/v1/patients", CancellationToken.None);
                answers.Add((response.StatusCode, Stopwatch.GetElapsedTime(start)));
            }
        }));

    // As api-1 sees it: through the balancer the two instances would answer in turn.
    private async Task<JsonElement> NodeAsync(string name)
    {
        using var client = graph.App.CreateHttpClient("api-1");
        // 503 while no node is the primary; the body is the same.
        using var response = await client.GetAsync("/api/health/database");
        var health = await response.Content.ReadFromJsonAsync<JsonElement>();
        return health.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("name").GetString() == name);
    }

    private static int Port(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Port;

    private static string From(HttpResponseMessage response) => response.Headers.GetValues("ScaleHub-Read-From").Single();
}
