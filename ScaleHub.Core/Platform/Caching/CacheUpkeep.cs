using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ScaleHub.Core.Platform.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>A lookup to make at the start.</summary>
internal sealed record CacheWarmUp(Func<IServiceProvider, CancellationToken, ValueTask> LookUp);

/// <summary>
/// Looks up what is hot while the process starts; then, every half a minute, lets go of what is too old to be of use. It delays
/// nothing and is no condition: what cannot be loaded yet is loaded by whoever asks first.
/// </summary>
internal sealed class CacheUpkeep(
    IEnumerable<CacheWarmUp> warmUps, IServiceScopeFactory scopes, Broadcast broadcast, LocalStore local, TimeProvider time,
    ILogger<CacheUpkeep> logger)
    : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500), SweepEvery = TimeSpan.FromSeconds(30);
    private const int Attempts = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var rounds = new Rounds("The upkeep of the cache", logger);
            await rounds.RunAsync(() => WarmAsync(stoppingToken), stoppingToken);
            using var timer = new PeriodicTimer(SweepEvery, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await rounds.RunAsync(() =>
                {
                    local.RemoveDead(time.GetUtcNow().ToUnixTimeMilliseconds());
                    return Task.CompletedTask;
                }, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task WarmAsync(CancellationToken stoppingToken)
    {
        // What is kept while changes are not heard lasts a second.
        for (var attempt = 1; !broadcast.IsLive && attempt < Attempts; attempt++) await Task.Delay(Between / 5, stoppingToken);
        foreach (var warmUp in warmUps)
        {
            // The monitor may not have found the database yet.
            for (var attempt = 1; !await TryAsync(warmUp, attempt, stoppingToken) && attempt < Attempts; attempt++)
                await Task.Delay(Between, stoppingToken);
        }
    }

    private async Task<bool> TryAsync(CacheWarmUp warmUp, int attempt, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            await warmUp.LookUp(scope.ServiceProvider, cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (attempt == Attempts) logger.LogWarning(e, "The cache could not be warmed");
            return false;
        }
    }
}
