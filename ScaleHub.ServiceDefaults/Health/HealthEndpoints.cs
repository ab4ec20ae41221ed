using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ScaleHub.ServiceDefaults.Health;

/// <summary>
/// <c>GET /health/live</c>: the process answers; nothing is checked, so that a dead dependency never gets processes restarted.
/// <c>GET /health/ready</c>: the checks tagged <see cref="Ready"/>; 200 when healthy or degraded, 503 when not, with
/// <c>{"status":…,"checks":{"name":{"status":…,"reason":…}}}</c>. From the moment that the process is told to stop it is 503,
/// whatever the checks say (<see cref="ShutdownOptions.DrainSeconds"/>).
/// <para>A reason is what the check says of itself. Text of exceptions is never shown: it may name hosts and users.</para>
/// <para>Both answer ahead of the rest of the pipeline: neither a rate limit nor a full server may make a living process look
/// dead.</para>
/// </summary>
public static class HealthEndpoints
{
    /// <summary>Tag of the checks that decide whether the process should get requests.</summary>
    public const string Ready = "ready";

    private const string PathPrefix = "/health";

    /// <summary>Whether a request is one of those that come every few seconds and tell nothing in a trace.</summary>
    public static bool IsProbe(PathString path) => path.StartsWithSegments(PathPrefix, StringComparison.OrdinalIgnoreCase);

    internal static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        Map("live", _ => false);
        Map("ready", check => check.Tags.Contains(Ready));

        void Map(string name, Func<HealthCheckRegistration, bool> which)
            => endpoints.MapHealthChecks($"{PathPrefix}/{name}", new HealthCheckOptions
            {
                Predicate = which,
                ResponseWriter = WriteAsync,
                AllowCachingResponses = true, // Else a longer, redundant Cache-Control overwrites ours.
            }).AllowAnonymous().DisableHttpMetrics().ShortCircuit();
    }

    private static Task WriteAsync(HttpContext http, HealthReport report)
    {
        http.Response.Headers.CacheControl = "no-store";
        var checks = report.Entries.ToDictionary(e => e.Key, e => new Check(Word(e.Value.Status), Reason(e.Value)));
        var status = report.Status;
        if (http.Request.Path.Value!.EndsWith(Ready, StringComparison.OrdinalIgnoreCase)
            && http.RequestServices.GetRequiredService<Draining>().IsOn)
        {
            status = HealthStatus.Unhealthy;
            checks["process"] = new(Word(status), "Is stopping.");
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        var body = new Body(Word(status), checks);
        return http.Response.WriteAsJsonAsync(body, JsonSerializerOptions.Web, http.RequestAborted);
    }

    // The framework puts an exception's message into the description.
    private static string Reason(HealthReportEntry entry)
        => entry.Exception is null ? entry.Description ?? "" : "The check failed.";

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };

    private sealed record Body(string Status, IReadOnlyDictionary<string, Check> Checks);

    private sealed record Check(string Status, string Reason);
}
