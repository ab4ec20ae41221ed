using System.Diagnostics;
using Aspire.Hosting.Testing;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using StackExchange.Redis;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>Where lists are loaded from whose versions Redis does not know (any more).</summary>
[Collection(GraphCollection.Name)]
public sealed class ColdLoadTests(GraphFixture graph)
{
    [Fact]
    public async Task The_first_load_of_each_list_of_a_new_company_goes_to_a_standby_that_is_level()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await UntilStandbysServeAsync(account);
        // The primary is written to all the time, by whoever counts requests: on a busy machine, a standby may not be level just then. What
        // was not loaded from it is the primary's for good, so each try is another list.
        for (var (limit, level) = (1, 0); level < 6; limit++)
        {
            Assert.True(limit <= 18, "The standbys are passed over.");
            if ((await FromAsync(account.Client, $"/api/v1/tasks?limit={limit}")).StartsWith("pg-replica-", StringComparison.Ordinal)) level++;
        }
    }

    [Fact]
    public async Task A_Redis_that_was_emptied_sends_no_companys_reads_to_the_primary()
    {
        List<Account> accounts = [];
        for (var i = 0; i < 12; i++)
        {
            accounts.Add(await Account.RegisterAsync(graph.Address));
            await accounts[i].CreateTaskAsync("kept");
        }
        foreach (var account in accounts) await UntilStandbysServeAsync(account);
        foreach (var account in accounts) await account.Client.GetAsync("/api/v1/tasks");

        long[] late = [await LateAnswersAsync(0), await LateAnswersAsync(1), await LateAnswersAsync(2)];
        await EmptyRedisAsync();
        foreach (var (account, i) in accounts.Select((a, i) => (a, i)))
        {
            using var client = account.At(graph.Instances[i % 3]);
            var limit = 10;
            foreach (var path in (string[])["/api/v1/tasks", "/api/v1/tasks?limit=7", "/api/v1/tasks?status=todo"])
            {
                var (from, wasLevel) = await ReadLevelAsync(client, path);
                // The way to the standbys is in Redis. An instance that says that Redis answered it late may miss it, and finds it in the
                // next list that nobody has asked for; after a write, all would come from the primary for 30 s.
                for (var tries = 0; from == "pg" && tries < 5; tries++)
                {
                    Assert.True(!wasLevel || await LateAnswersAsync(i % 3) > late[i % 3], $"{path} came from the primary.");
                    (from, wasLevel) = await ReadLevelAsync(client, $"/api/v1/tasks?limit={limit++}");
                }
                Assert.NotEqual("pg", from);
            }
            account.Dispose();
        }
    }

    [Fact]
    public async Task A_change_of_which_Redis_was_emptied_is_in_every_list_that_is_loaded_after_it_while_the_standbys_are_late()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        using var colleague = await account.ColleagueAsync(graph);
        await UntilStandbysServeAsync(account);
        await using var late = await Standbys.DelayAsync(graph, TimeSpan.FromSeconds(2));
        var readers = graph.Instances.Select(instance =>
        {
            var reader = new HttpClient { BaseAddress = instance };
            reader.DefaultRequestHeaders.Authorization = colleague.DefaultRequestHeaders.Authorization;
            return reader;
        }).ToList();
        for (var i = 1; i <= 15; i++)
        {
            await account.CreateTaskAsync($"task {i}.");
            await EmptyRedisAsync();
            // One that nobody has asked for yet, and one that all instances have had.
            foreach (var path in (string[])[$"/api/v1/tasks?limit={i}", "/api/v1/tasks"])
                foreach (var reader in readers)
                    Assert.Contains($"\"task {i}.\"", await reader.GetStringAsync(path), StringComparison.Ordinal);
        }
        foreach (var reader in readers) reader.Dispose();
    }

    private static async Task<string?> ReadAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        Assert.Contains("kept", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        return answer.Header("ScaleHub-Read-From");
    }

    /// <summary>
    /// Reads when the standbys have all that the primary has. Second: whether an instance was sure to find that so, as nothing was
    /// written meanwhile and it waited for no look at the nodes in vain (50 ms, <c>PrimaryPosition</c>).
    /// </summary>
    private async Task<(string? From, bool WasLevel)> ReadLevelAsync(HttpClient client, string path)
    {
        var before = "";
        await Poll.UntilAsync(async () =>
        {
            before = await PositionAsync("pg", "pg_current_wal_insert_lsn()");
            foreach (var standby in (string[])["pg-replica-1", "pg-replica-2"])
                Assert.Equal(before, await PositionAsync(standby, "pg_last_wal_replay_lsn()"));
        }, seconds: 60);
        var clock = Stopwatch.StartNew();
        var from = await ReadAsync(client, path);
        var took = clock.Elapsed;
        return (from, took < TimeSpan.FromMilliseconds(50) && before == await PositionAsync("pg", "pg_current_wal_insert_lsn()"));
    }

    private async Task<string> PositionAsync(string node, string function)
        => (await PostgresServer.QueryAsync(await graph.GetConnectionString(node), $"select {function}::text")).Single();

    // How often an instance has said so.
    private async Task<long> LateAnswersAsync(int instance)
        => (await graph.LogAsync($"api-{instance + 1}")).LongCount(line => line.Contains("Redis is late", StringComparison.Ordinal));

    private async Task EmptyRedisAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(
            $"{await graph.App.GetConnectionStringAsync("redis")},allowAdmin=true");
        await connection.GetDatabase().ExecuteAsync("FLUSHALL");
    }

    /// <summary>Until every instance knows that the standbys have what the account wrote: what is not cached comes from
    /// them. For 30 s after a write that an instance could not tell Redis in time, it reads from the primary.</summary>
    private async Task UntilStandbysServeAsync(Account account)
    {
        foreach (var instance in graph.Instances)
        {
            using var client = account.At(instance);
            await Poll.UntilAsync(async () =>
                Assert.StartsWith("pg-replica-", await FromAsync(client, "/api/v1/patients"), StringComparison.Ordinal), seconds: 45);
        }
    }

    private static async Task<string> FromAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return answer.Header("ScaleHub-Read-From") ?? "nobody";
    }
}
