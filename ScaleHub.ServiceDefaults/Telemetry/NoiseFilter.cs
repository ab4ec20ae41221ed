using System.Diagnostics;
using OpenTelemetry;
using ScaleHub.ServiceDefaults.Health;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// Keeps spans out of the export that recur every second and tell nothing: health requests, and database commands that belong
/// to no request, job or command. (Only the node monitor sends such.) Sits before the exporter, which skips what is not recorded;
/// a sampler could do the same, but would take the place of the one that <c>OTEL_TRACES_SAMPLER</c> names.
/// </summary>
internal sealed class NoiseFilter : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (IsHealthRequest(data) || (data.Source.Name == "Npgsql" && data.ParentId is null))
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    private static bool IsHealthRequest(Activity activity)
        => activity.Kind == ActivityKind.Server && activity.GetTagItem("url.path") is string path
            && path.StartsWith(HealthEndpoints.PathPrefix, StringComparison.OrdinalIgnoreCase);
}
