using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// <c>OTEL_TRACES_SAMPLER=parentbased_traceidratio</c> with one difference from OpenTelemetry's own: a caller's "sampled" is
/// decided again, by the ratio. nginx marks every trace that it begins as sampled, and any client may mark its own, so that the
/// ratio would never count. It goes by the trace's id, so all programs decide the same, and a job is traced when its request
/// was. A caller's "not sampled" holds. Every other sampler of the specification is OpenTelemetry's own.
/// </summary>
internal static class HeadSampling
{
    private const string Sampler = "OTEL_TRACES_SAMPLER", Argument = "OTEL_TRACES_SAMPLER_ARG", Name = "parentbased_traceidratio";

    /// <exception cref="ConfigurationException">The ratio is not a number from 0 to 1.</exception>
    public static TracerProviderBuilder AddHeadSampling(this TracerProviderBuilder tracing, IConfiguration configuration)
    {
        if (!string.Equals(configuration[Sampler], Name, StringComparison.OrdinalIgnoreCase)) return tracing;
        var text = configuration[Argument];
        // As the specification has it when it is not set.
        var ratio = 1.0;
        if (!string.IsNullOrWhiteSpace(text)
            && !(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out ratio) && ratio is >= 0 and <= 1))
            throw new ConfigurationException($"{Argument} must be a number from 0 to 1; it is '{text}'.");
        var byId = new TraceIdRatioBasedSampler(ratio);
        return tracing.SetSampler(new ParentBasedSampler(byId, remoteParentSampled: byId));
    }
}
