using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// Sends what is left of the telemetry when everything else has stopped, and waits for it no longer than <see cref="Limit"/>. The
/// providers by themselves wait when they are disposed of, one after the other, for up to 5 s each.
/// </summary>
internal sealed class BoundedFlush(IServiceProvider services) : IHostedLifecycleService
{
    /// <summary>Longest wait for the last flush of traces, metrics and logs together.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        var limit = (int)Limit.TotalMilliseconds;
        // Each of the calls blocks; a shutdown that was begun is not waited for again by the provider's disposal.
        var flush = Task.WhenAll(
            Task.Run(() =>
            {
                // Makes spans of the commands that it still keeps.
                services.GetService<StackExchangeRedisInstrumentation>()?.Dispose();
                services.GetService<TracerProvider>()?.Shutdown(limit);
            }, CancellationToken.None),
            Task.Run(() => services.GetService<MeterProvider>()?.Shutdown(limit), CancellationToken.None),
            Task.Run(() => services.GetService<LoggerProvider>()?.Shutdown(limit), CancellationToken.None));
        // What outstays the limit is left to the end of the process; its threads are background threads.
        if (await Task.WhenAny(flush, Task.Delay(Limit, CancellationToken.None)) == flush) await flush;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
