using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Asks a running resource's health checks: often until it is healthy for the first time, which makes it ready, then
/// every other second. A resource without checks is healthy.
/// </summary>
internal static class HealthWatch
{
    private static readonly TimeSpan WhileStarting = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileRunning = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(
        ResourceRun run, IReadOnlySet<string> keys, Orchestrator graph, ILogger log, CancellationToken ct)
    {
        var checks = graph.Services.GetRequiredService<HealthCheckService>();
        var last = ImmutableArray<HealthReportSnapshot>.Empty;
        var isReady = false;
        while (true)
        {
            var report = keys.Count == 0 ? null : await checks.CheckHealthAsync(r => keys.Contains(r.Name), ct);
            ct.ThrowIfCancellationRequested();
            var reports = report is null ? [] : Reports(report, keys);
            if (!Same(reports, last))
            {
                last = reports;
                await run.PublishAsync(s => s.WithReports(reports));
            }
            var isHealthy = report is null or { Status: HealthStatus.Healthy };
            if (isHealthy && !isReady)
            {
                isReady = true;
                var handlers = ReadyAsync(run, graph, log, ct);
                await run.PublishAsync(s => s with { ReadyEvent = handlers });
            }
            if (report is null)
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            await Task.Delay(isReady ? WhileRunning : WhileStarting, ct);
        }
    }

    private static async Task ReadyAsync(ResourceRun run, Orchestrator graph, ILogger log, CancellationToken ct)
    {
        try
        {
            await graph.Eventing.PublishAsync(new ResourceReadyEvent(run.Resource, graph.Services), ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.LogError("{Message}", failure.Message);
            graph.ReportFailure(run, failure);
            throw;
        }
    }

    private static ImmutableArray<HealthReportSnapshot> Reports(HealthReport report, IReadOnlySet<string> keys) =>
    [
        .. keys.Select(key => report.Entries.TryGetValue(key, out var entry)
            ? new HealthReportSnapshot(key, entry.Status, entry.Description, entry.Exception?.Message) { LastRunAt = DateTime.UtcNow }
            : new HealthReportSnapshot(key, HealthStatus.Unhealthy, $"There is no health check '{key}'.", null)),
    ];

    // The time of the check alone is not news.
    private static bool Same(ImmutableArray<HealthReportSnapshot> one, ImmutableArray<HealthReportSnapshot> other)
        => one.Select(r => r with { LastRunAt = null }).SequenceEqual(other.Select(r => r with { LastRunAt = null }));
}
