using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// Queues jobs whose time has come and jobs of workers that have died, about once a <see cref="JobsOptions.PollMs"/>. Every
/// worker does it; what one is at, the others pass over, so that none has to lead.
/// </summary>
internal sealed class JobUpkeep(
    JobStore store, JobNotifier notifier, IOptions<JobsOptions> options, TimeProvider time, ILogger<JobUpkeep> logger) : BackgroundService
{
    private const int AtATime = 500;
    private static readonly TimeSpan LookForForgottenEvery = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rounds = new Rounds("Queueing jobs that are due", logger);
        var lookedAt = time.GetTimestamp();
        try
        {
            while (true)
            {
                await rounds.RunAsync(async () =>
                {
                    int count, all = 0;
                    do all += count = await store.QueueDueAsync(AtATime, stoppingToken);
                    while (count == AtATime);
                    if (time.GetElapsedTime(lookedAt) > LookForForgottenEvery)
                    {
                        lookedAt = time.GetTimestamp();
                        all += await store.QueueForgottenAsync(stoppingToken);
                    }
                    if (all > 0) notifier.Notify();
                }, stoppingToken);
                // Jitter, so that several workers do not keep coming at the same moment.
                var wait = options.Value.PollMs * (0.75 + (Random.Shared.NextDouble() / 2));
                await Task.Delay(TimeSpan.FromMilliseconds(wait), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }
}
