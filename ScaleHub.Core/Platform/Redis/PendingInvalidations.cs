using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>
/// What Redis, and through it the other instances, must come to know: that something has changed.
/// <para>Guarantee: a command is sent at once; one that Redis did not say was done is sent again, in order, every 200 ms until it
/// does. It may be done more than once, so it must be one that does no harm then. At most 100,000 wait; beyond that, and when the
/// process ends, they are lost.</para>
/// </summary>
public sealed class PendingInvalidations(RedisStore redis, TimeProvider time, ILogger<PendingInvalidations> logger) : BackgroundService
{
    private const int Most = 100_000;
    private static readonly TimeSpan AgainEvery = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentQueue<Func<IDatabase, Task>> _waiting = new();

    /// <summary>Sends a command, now or later. Never throws.</summary>
    /// <returns>Whether it is done; if not, it will be.</returns>
    public async ValueTask<bool> SendAsync(Func<IDatabase, Task> command)
    {
        if (await redis.SendAsync(command, CancellationToken.None)) return true;
        if (_waiting.Count < Most) _waiting.Enqueue(command);
        else logger.LogError("An invalidation was dropped, as too many are pending: others serve the old value until it expires");
        return false;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AgainEvery, time);
        try
        {
            var rounds = new Rounds("The sending of pending invalidations", logger);
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await rounds.RunAsync(() => SendWaitingAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task SendWaitingAsync(CancellationToken stoppingToken)
    {
        while (_waiting.TryPeek(out var command)
            && (await redis.TryAsync(async db => { await command(db); return true; }, stoppingToken)).Answered)
        {
            _waiting.TryDequeue(out _);
        }
    }
}
