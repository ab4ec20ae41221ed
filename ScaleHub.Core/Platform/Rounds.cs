using Microsoft.Extensions.Logging;

namespace ScaleHub.Core.Platform;

/// <summary>
/// One round after the other of a loop in the background.
/// <para>Guarantee: whatever a round throws, the loop goes on, since the host would stop with it otherwise. The first failed
/// round is logged with its exception, those behind it are not, and the first one that succeeds again is.</para>
/// </summary>
/// <param name="what">What the loop does, as the subject of a log line: "The monitor of the database nodes".</param>
/// <param name="logger">Of the loop.</param>
public sealed class Rounds(string what, ILogger logger)
{
    private bool _failing;

    /// <summary>Runs one at once and then one in each interval, until the host stops.</summary>
    public async Task EveryAsync(TimeSpan interval, TimeProvider time, Func<Task> round, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            do await RunAsync(round, stopping);
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    /// <summary>Runs one. Only the host's own stop is let through.</summary>
    /// <returns>Whether it succeeded.</returns>
    public async Task<bool> RunAsync(Func<Task> round, CancellationToken stopping)
    {
        try
        {
            await round();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            if (!_failing) logger.LogError(e, "{What} failed and is tried again; further failures are not logged", what);
            _failing = true;
            return false;
        }
        if (_failing) logger.LogInformation("{What} works again", what);
        _failing = false;
        return true;
    }
}
