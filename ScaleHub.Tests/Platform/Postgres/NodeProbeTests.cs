using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

[Collection(PostgresTests.Name)]
public sealed class NodeProbeTests(PostgresServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_node_that_has_ended_the_connection_since_the_last_look_is_asked_on_a_new_one()
    {
        var database = await server.CreateDatabaseAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var probe = Probe(host);
        for (var (looks, slow) = (0, 0); looks < 3; await EndConnectionsAsync(database))
        {
            var clock = Stopwatch.StartNew();
            var role = await LookAsync(probe);
            // The probe waits a second for a connection, which may be too little on a busy machine: such a look shows nothing.
            if (role == NodeRole.Unknown && clock.Elapsed > TimeSpan.FromSeconds(0.9) && ++slow < 20) continue;
            Assert.Equal(NodeRole.Primary, role);
            looks++;
        }
    }

    [Fact]
    public async Task A_node_that_lets_no_new_connection_in_either_is_unreachable_until_it_does()
    {
        var database = await server.CreateDatabaseAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var probe = Probe(host);
        await Poll.UntilAsync(async () => Assert.Equal(NodeRole.Primary, await LookAsync(probe)), seconds: 60);

        await AllowConnectionsAsync(database, false);
        await EndConnectionsAsync(database);
        Assert.Equal(NodeRole.Unknown, await LookAsync(probe));

        await AllowConnectionsAsync(database, true);
        await Poll.UntilAsync(async () => Assert.Equal(NodeRole.Primary, await LookAsync(probe)), seconds: 60);
    }

    private static NodeProbe Probe(PlatformHost host)
        => new(Assert.Single(host.Services.GetRequiredService<PostgresNodes>().All), NullLogger.Instance);

    private static async Task<NodeRole> LookAsync(NodeProbe probe) => (await probe.LookAsync(Patience, CancellationToken.None)).Role;

    private Task AllowConnectionsAsync(TestDatabase database, bool allow)
        => PostgresServer.ExecuteAsync(server.ConnectionString(), $"alter database {Name(database)} allow_connections {allow}");

    // That of the probe, and mostly that of the host's own monitor.
    private Task EndConnectionsAsync(TestDatabase database)
        => PostgresServer.ExecuteAsync(server.ConnectionString(), $"""
            select pg_terminate_backend(pid, 5000) from pg_stat_activity
            where datname = '{Name(database)}' and application_name = 'scalehub-monitor'
            """);

    private static string Name(TestDatabase database) => new NpgsqlConnectionStringBuilder(database.App).Database!;
}
