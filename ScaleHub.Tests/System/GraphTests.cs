using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.System;

[Collection(GraphCollection.Name)]
public sealed class GraphTests(GraphFixture graph)
{
    [Theory]
    [InlineData("pg")]
    [InlineData("pg-replica-1")]
    [InlineData("pg-replica-2")]
    [InlineData("redis")]
    [InlineData("api-1")]
    [InlineData("api-2")]
    [InlineData("api-3")]
    [InlineData("worker")]
    [InlineData("lb")]
    public async Task Every_resource_is_healthy(string resource)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await graph.App.ResourceNotifications.WaitForResourceHealthyAsync(resource, deadline.Token);
    }

    [Fact]
    public async Task Two_standbys_stream_from_the_primary()
    {
        await using var primary = NpgsqlDataSource.Create(await graph.GetConnectionString("pg"));
        await using var command = primary.CreateCommand(
            "select array_agg(application_name order by application_name) from pg_stat_replication where state = 'streaming'");
        Assert.Equal(["pg-replica-1", "pg-replica-2"], (string[])(await command.ExecuteScalarAsync())!);
    }

    [Fact]
    public async Task An_instance_that_is_killed_fails_no_read_and_comes_back_when_started()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var statuses = new ConcurrentBag<HttpStatusCode>();
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => LoadAsync(account.Client, statuses, stop.Token)).ToList();
        await CountAsync(statuses, 200);

        await using (await KilledResource.KillAsync(graph, "api-1"))
        {
            await CountAsync(statuses, statuses.Count + 500);
        }
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.All(statuses, s => Assert.Equal(HttpStatusCode.OK, s));
    }

    private static async Task LoadAsync(HttpClient client, ConcurrentBag<HttpStatusCode> statuses, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            using var response = await client.GetAsync("/api/v1/tasks", CancellationToken.None);
            statuses.Add(response.StatusCode);
        }
    }

    private static Task CountAsync(ConcurrentBag<HttpStatusCode> statuses, int count)
        => Poll.UntilAsync(() => statuses.Count >= count, seconds: 30);
}
