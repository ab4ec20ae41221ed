using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Tests.Platform.Postgres;

public sealed class PostgresNodesTests
{
    [Fact]
    public async Task At_no_moment_of_a_promotion_is_a_read_without_a_node()
    {
        await using var nodes = Nodes("scalehub", "scalehub-replica1", "scalehub-replica2");
        nodes.Observe([Primary(1), Standby(1), Standby(1)]);
        using var stop = new CancellationTokenSource();
        var reading = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) nodes.ForRead(default);
        })).ToArray();

        for (uint timeline = 2; timeline < 200_000 && !reading.Any(r => r.IsCompleted); timeline += 2)
        {
            // One standby is promoted, and the other follows it by the next look; then it is the other way round.
            nodes.Observe([Unknown, Primary(timeline), Standby(timeline - 1)]);
            nodes.Observe([Unknown, Primary(timeline), Standby(timeline)]);
            nodes.Observe([Unknown, Standby(timeline), Primary(timeline + 1)]);
            nodes.Observe([Unknown, Standby(timeline + 1), Primary(timeline + 1)]);
        }

        await stop.CancelAsync();
        await Task.WhenAll(reading);
    }

    private static NodeState Unknown { get; } = NodeState.Unreachable(DateTimeOffset.UnixEpoch);

    private static NodeState Primary(uint timeline) => Unknown with { Role = NodeRole.Primary, Timeline = timeline, Lsn = new(timeline) };

    private static NodeState Standby(uint timeline) => Primary(timeline) with { Role = NodeRole.Standby };

    private static PostgresNodes Nodes(params string[] names) => new(
        new ConfigurationBuilder()
            .AddInMemoryCollection(names.Select(n => KeyValuePair.Create($"ConnectionStrings:{n}", (string?)"Host=127.0.0.1;Port=1")))
            .Build(),
        Options.Create(new PostgresOptions()), NullLoggerFactory.Instance);
}
