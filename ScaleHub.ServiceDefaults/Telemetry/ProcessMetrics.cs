using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>Meter <c>ScaleHub.Process</c>: what .NET's own metrics of the process do not say.</summary>
internal sealed class ProcessMetrics : IHostedService
{
    /// <summary>Makes the instrument.</summary>
    public ProcessMetrics(IMeterFactory meters)
        => meters.Create("ScaleHub.Process").CreateObservableGauge(
            "scalehub.process.memory.limit", () => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, "By",
            "Memory that the process may have: the container's limit, or else the machine's memory.");

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
