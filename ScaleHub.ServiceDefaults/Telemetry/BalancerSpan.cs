using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// The span of the load balancer, which sends no telemetry of its own: from the moment that nginx has read the first byte of a request to
/// the moment that it hands the request on. nginx tells both in the header <see cref="Header"/> and overwrites what a client says there.
/// </summary>
internal static class BalancerSpan
{
    /// <summary><c>$msec $request_time</c> of nginx: when it handed the request on (seconds since 1970), and after how many seconds.</summary>
    public const string Header = "ScaleHub-Balancer";

    // nginx has waited for a slow upload no longer than this.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private static readonly ActivitySource Traces = new("ScaleHub.LoadBalancer");

    /// <summary>
    /// Adds it to the trace of a request that has ended, before the API's span and below the same parent. It has the route in its name
    /// too, as dashboards name a trace after its first span.
    /// </summary>
    public static void Add(Activity server, HttpResponse response)
    {
        if (!TryRead(response.HttpContext.Request.Headers[Header], out var began, out var handedOn)) return;
        var parent = new ActivityContext(server.TraceId, server.ParentSpanId, server.ActivityTraceFlags);
        using var span = Traces.StartActivity($"nginx: {server.DisplayName}", ActivityKind.Internal, parent, startTime: began);
        span?.SetEndTime(handedOn.UtcDateTime);
    }

    private static bool TryRead(string? header, out DateTimeOffset began, out DateTimeOffset handedOn)
    {
        (began, handedOn) = (default, default);
        if (header?.Split(' ') is not [var at, var took] || !TryReadSeconds(at, out var end) || !TryReadSeconds(took, out var length)
            || length > Longest) return false;
        handedOn = DateTimeOffset.UnixEpoch + end;
        began = handedOn - length;
        return began >= DateTimeOffset.UnixEpoch;
    }

    private static bool TryReadSeconds(string text, out TimeSpan time)
    {
        var isNumber = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 10_000_000_000;
        time = isNumber ? TimeSpan.FromSeconds((double)seconds) : default;
        return isNumber;
    }
}
