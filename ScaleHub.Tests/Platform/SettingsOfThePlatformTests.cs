using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform;

/// <summary>Every setting of the platform, with values that start and values that end the start with a sentence.</summary>
public sealed class SettingsOfThePlatformTests
{
    [Theory]
    [InlineData("Postgres:Pool:Max", "1", "0", "1001", "-1", "many")]
    [InlineData("Postgres:Pool:Min", "0", "-1", "21")]
    [InlineData("Postgres:ReplicaPool:Max", "1000", "0", "1001")]
    [InlineData("Postgres:ReplicaPool:Min", "30", "-1", "31")]
    [InlineData("Postgres:IdleSeconds", "1", "0", "3601")]
    [InlineData("Postgres:ConnectTimeoutSeconds", "60", "0", "61")]
    [InlineData("Postgres:LifetimeSeconds", "60", "59", "86401")]
    [InlineData("Postgres:CommandTimeoutSeconds", "600", "0", "601")]
    [InlineData("Postgres:MaxLagSeconds", "0.1", "0", "3601")]
    [InlineData("Postgres:Pooler", "Transaction", "7", "statement")]
    [InlineData("Redis:TimeoutMs", "10", "9", "5001")]
    [InlineData("Redis:BreakMs", "100", "99", "60001")]
    [InlineData("Redis:SilenceMs", "4000", "99", "4001")]
    [InlineData("Redis:Prefix", "mine", "")]
    [InlineData("ConnectionStrings:redis", "redis://u:p,@ss@cache:7000/1",
        "", "redis://a,b", "redis://a/0?timeout=3", "a,nonsense=1", ",")]
    [InlineData("ConnectionStrings:scalehub", "postgresql://u:p@db/x",
        "", "postgresql://u:p@a,b/x", "postgresql://db/x?nonsense=1", "a=b")]
    [InlineData("ScaleHub:Secret", PostgresServer.Secret, "", "short")]
    public async Task A_good_value_is_taken_and_a_bad_one_ends_the_start_with_a_sentence(
        string name, string good, params string[] bad)
    {
        using (var host = Build((name, good))) await host.StartAsync();
        foreach (var value in bad)
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                using var host = Build((name, value));
                await host.StartAsync();
            });
            // What a start ends with a line for, and not with a stack trace.
            Assert.True(error is OptionsValidationException { Failures: var failures } && failures.All(f => f.Length > 20)
                || error is InvalidOperationException { InnerException: FormatException or ArgumentException },
                $"{value}: {error}");
        }
    }

    [Theory]
    [InlineData("Postgres:Pool:Max", "3", 3, 3, 30, 10)]
    [InlineData("Postgres:ReplicaPool:Max", "4", 20, 5, 4, 4)]
    [InlineData("Postgres:Pool:Min", "7", 20, 7, 30, 10)]
    public void A_pool_keeps_no_more_connections_than_it_may_have(
        string name, string value, int max, int min, int replicaMax, int replicaMin)
    {
        using var host = Build((name, value), ("ConnectionStrings:scalehub-replica-1", "Host=127.0.0.1;Port=1;Username=u"));
        var pools = host.Services.GetRequiredService<PostgresNodes>().All
            .Select(n => new NpgsqlConnectionStringBuilder(n.ConnectionString)).Select(s => (s.MaxPoolSize, s.MinPoolSize));
        Assert.Equal([(max, min), (replicaMax, replicaMin)], pools);
    }

    [Fact]
    public void Unless_something_is_set_pools_are_as_the_table_of_the_documentation_says()
    {
        using var host = Build(("ConnectionStrings:scalehub-replica-1", "Host=127.0.0.1;Port=1;Username=u"));
        var pools = host.Services.GetRequiredService<PostgresNodes>().All
            .Select(n => new NpgsqlConnectionStringBuilder(n.ConnectionString)).ToList();
        Assert.Equal([(20, 5), (30, 10)], pools.Select(p => (p.MaxPoolSize, p.MinPoolSize)));
        Assert.All(pools, p => Assert.Equal(
            (30, 2, 1800, 5), (p.ConnectionIdleLifetime, p.Timeout, p.ConnectionLifetime, p.CommandTimeout)));
    }

    [Theory]
    [InlineData("Transaction", 0)]
    [InlineData("None", 100)]
    public void Statements_are_prepared_unless_there_is_a_pooler_and_no_connection_is_reset(string pooler, int prepared)
    {
        using var host = Build(("Postgres:Pooler", pooler));
        var node = host.Services.GetRequiredService<PostgresNodes>().All.Single();
        var built = new NpgsqlConnectionStringBuilder(node.ConnectionString);
        Assert.Equal((prepared, true), (built.MaxAutoPrepare, built.NoResetOnClose));
    }

    private static IHost Build(params (string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:scalehub", "Host=127.0.0.1;Port=1;Username=nobody;Database=none"),
            new("ConnectionStrings:redis", "127.0.0.1:1"),
            new("ScaleHub:Secret", PostgresServer.Secret),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)));
        builder.Services.AddMetrics().AddLogging();
        builder.AddPlatform();
        return builder.Build();
    }
}
