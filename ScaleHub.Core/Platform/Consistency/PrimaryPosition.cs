using Microsoft.Extensions.Logging;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// Where the primary is now, for who has lost track of what was written.
/// <para>Guarantee: every commit that was acknowledged before the call is at or before the position that it returns. One query at
/// a time, however many ask: whoever asks while one is under way shares the next. Afterwards the nodes are looked at, so that a
/// standby which has the position is known to have it, and serves.</para>
/// <para>Null when the primary does not tell within half a second.</para>
/// </summary>
internal sealed class PrimaryPosition(PostgresNodes nodes, NodeMonitor monitor, ILogger<PrimaryPosition> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // A look takes a millisecond, unless a node hangs; routing then goes by the look before.
    private static readonly TimeSpan LookPatience = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private Task _underWay = Task.CompletedTask;
    private Task<NpgsqlLogSequenceNumber?>? _next;

    /// <summary>The position, as of a moment after this call.</summary>
    public async Task<NpgsqlLogSequenceNumber?> ReadAsync()
    {
        Task<NpgsqlLogSequenceNumber?> next;
        lock (_lock) next = _next ??= RunAsync(_underWay);
        try
        {
            return await next.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<NpgsqlLogSequenceNumber?> RunAsync(Task before)
    {
        // Not in the caller's lock.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock) (_underWay, _next) = (_next!, null);
        try
        {
            await using var command = nodes.ForWrite().DataSource.CreateCommand("select standby, lsn from node_state()");
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            if (reader.GetBoolean(0)) return null;
            var position = reader.GetFieldValue<NpgsqlLogSequenceNumber>(1);
            await Task.WhenAny(monitor.LookAsync(), Task.Delay(LookPatience));
            return position;
        }
        catch (Exception e)
        {
            // Whatever it is: without a position the primary is read, which will say what is wrong with it.
            logger.LogWarning("The WAL position of the primary could not be read ({Reason})", e.GetType().Name);
            return null;
        }
    }
}
