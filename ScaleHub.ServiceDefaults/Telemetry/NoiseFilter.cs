using System.Diagnostics;
using OpenTelemetry;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// Keeps spans out of the export that recur several times a second and tell nothing: commands to PostgreSQL and Redis that belong
/// to no request, job or command line. Only upkeep sends such (beats between the instances, looks at the nodes).
/// <para>Sits before the exporter, which skips what is not recorded; a sampler could do the same, but would take the place of the
/// one that <c>OTEL_TRACES_SAMPLER</c> names. Health requests never get here: the instrumentation of ASP.NET Core filters them,
/// and a sampler that follows the parent leaves out what they cause.</para>
/// </summary>
internal sealed class NoiseFilter : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.ParentId is null && data.Source.Name is "Npgsql" or "OpenTelemetry.Instrumentation.StackExchangeRedis")
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
