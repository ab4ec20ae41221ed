using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

[Collection(PostgresTests.Name)]
public sealed class NodeMetricsTests(PostgresServer server)
{
    [Fact]
    public async Task The_meter_tells_of_each_node_whether_it_answers_and_what_was_read_and_tried_again()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database.Owner, """
            create function conflict() returns int language plpgsql as
                $$ begin raise exception 'canceling statement due to conflict with recovery' using errcode = '40001'; end $$
            """);
        await using var host = await PlatformHost.StartAsync(database, builder => builder.AddCache(),
            ("ConnectionStrings:scalehub-replica-1", "Host=127.0.0.1;Port=1;Username=nobody;Database=none"));
        using var metrics = new Measurements(host.Services, "ScaleHub.Postgres");
        await using var scope = host.Scope(Guid.NewGuid());
        var cache = scope.ServiceProvider.GetRequiredService<CompanyCache>();
        await cache.LoadAsync("read", async services => cache.Write(await ReadAsync(services, $"select 1 as \"Value\"")));
        Assert.Equal(new() { ["scalehub primary"] = 1 }, metrics.Sums("scalehub.postgres.reads"));

        // As a standby does from whose table a partition is dropped. Nobody else is there to try.
        await Assert.ThrowsAsync<NoNodeException>(async () => await cache.LoadAsync("fails",
            async services => cache.Write(await ReadAsync(services, $"select conflict() as \"Value\""))));
        Assert.Equal(1, metrics.Sums("scalehub.postgres.read.retries")["scalehub"]);
        Assert.Equal(new() { ["scalehub primary"] = 1 }, metrics.Sums("scalehub.postgres.reads"));

        const string Primary = "scalehub Primary", Away = "scalehub-replica-1 Unknown";
        Assert.Equal(new() { [Primary] = 1, [Away] = 0 }, metrics.Shown("scalehub.postgres.node.up"));
        foreach (var gauge in (string[])["lag", "lag_bytes", "latency", "in_use"])
            Assert.Equal([Primary, Away], metrics.Shown($"scalehub.postgres.node.{gauge}").Keys.Order());
        Assert.True(metrics.Shown("scalehub.postgres.node.latency")[Primary] > 0);
    }

    private static Task<int> ReadAsync(IServiceProvider services, FormattableString sql)
        => services.GetRequiredService<ReadDb>().Database.SqlQuery<int>(sql).SingleAsync();
}
