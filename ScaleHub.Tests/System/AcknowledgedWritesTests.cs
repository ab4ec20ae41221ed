using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.System;

[Collection(GraphCollection.Name)]
public sealed class AcknowledgedWritesTests(GraphFixture graph)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_acknowledged_is_there_after_an_instance_is_stopped_or_killed_under_load(bool gracefully)
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var acknowledged = new ConcurrentBag<Guid>();
        var dropped = new ConcurrentBag<string>();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 6).Select(_ => WriteAsync(account, acknowledged, dropped, stop.Token)).ToList();
        await Poll.UntilAsync(() => { Assert.True(acknowledged.Count > 50); return Task.CompletedTask; });

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        if (gracefully)
        {
            var stopped = await graph.App.ResourceCommands.ExecuteCommandAsync("api-2", KnownResourceCommands.StopCommand, deadline.Token);
            Assert.True(stopped.Success, stopped.Message);
        }
        else
        {
            using var instance = Process.GetProcessById(ProcessTree.Listening(graph.App.GetEndpoint("api-2", "http").Port));
            instance.Kill();
        }
        await graph.App.ResourceNotifications.WaitForResourceAsync("api-2", KnownResourceStates.TerminalStates, deadline.Token);
        var before = acknowledged.Count;
        await Poll.UntilAsync(() => { Assert.True(acknowledged.Count > before + 50); return Task.CompletedTask; });
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await graph.StartAgainAsync("api-2");

        Assert.Empty(acknowledged.Except(await StoredAsync(account)));
        // An instance that is stopped finishes what it has begun, and the balancer sends it nothing more.
        if (gracefully) Assert.Empty(dropped);
    }

    private static async Task WriteAsync(Account account, ConcurrentBag<Guid> acknowledged, ConcurrentBag<string> dropped,
        CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var response = await account.Client.PostJsonAsync("/api/v1/tasks", new { title = "kept" });
            // A write whose instance dies under it is not acknowledged: the balancer must not repeat it, and says so.
            if (response.StatusCode != HttpStatusCode.Created)
            {
                dropped.Add($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
                continue;
            }
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(CancellationToken.None));
            acknowledged.Add(body.RootElement.GetProperty("id").GetGuid());
        }
    }

    private async Task<HashSet<Guid>> StoredAsync(Account account)
    {
        await using var owner = NpgsqlDataSource.Create(await graph.GetConnectionString("pg"));
        await using var command = owner.CreateCommand("select id from tasks where company_id = $1");
        command.Parameters.Add(new() { Value = account.CompanyId });
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new HashSet<Guid>();
        while (await reader.ReadAsync()) stored.Add(reader.GetGuid(0));
        return stored;
    }
}
