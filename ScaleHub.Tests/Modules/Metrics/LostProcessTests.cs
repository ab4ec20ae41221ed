using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Metrics;

/// <summary>What is left of the metrics of an instance that ends.</summary>
public sealed class LostProcessTests
{
    [Fact]
    public async Task An_instance_that_is_killed_loses_nothing_that_it_has_written()
    {
        await using var api = await ApiProcesses.StartAsync(1);
        using var account = await api.RegisterAsync();
        for (var i = 0; i < 20; i++) await ListAsync(account);
        // It writes every ten seconds, by itself.
        await Poll.UntilAsync(async () => Assert.Equal(20, await CountAsync(api, account)), seconds: 60);
        // The slowest request can be looked up: the log has a line with its trace.
        var found = await (await account.Client.GetAsync("/api/v1/metrics")).JsonAsync(HttpStatusCode.OK);
        var trace = found.GetProperty("endpoints").EnumerateArray()
            .Single(e => e.GetProperty("endpoint").GetString() == "GET /api/v1/tasks").GetProperty("slowestTraceId").GetString();
        Assert.Contains(await api.OutputAsync(), line => line.Contains(trace!, StringComparison.Ordinal));
        await api.KillAsync(0);
        Assert.InRange(await CountAsync(api, account), 20, 21);
    }

    [Fact]
    public async Task An_instance_that_stops_loses_nothing()
    {
        await using var api = await ApiInstances.StartAsync(1);
        using var account = await api.RegisterAsync();
        for (var i = 0; i < 20; i++) await ListAsync(account);
        api.Services().GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await Poll.UntilAsync(async () => Assert.Equal(20, await CountAsync(api, account)), seconds: 30);
    }

    private static async Task ListAsync(Account account)
        => await (await account.Client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);

    private static async Task<int> CountAsync(ApiInstances api, Account account)
        => int.Parse((await api.QueryAsync(
            $"select coalesce(sum(requests), 0)::text from request_metrics where company_id = '{account.CompanyId}'"))[0],
            CultureInfo.InvariantCulture);
}
