using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Metrics;
using ScaleHub.ServiceDefaults.Health;

namespace ScaleHub.Http;

/// <summary>
/// One structured line for each request, in the category <c>ScaleHub.Requests</c>: method, path, status, duration, company, user
/// and trace id, which is also the <c>traceId</c> of a problem, the id of the trace, and nginx's request id. A status of 500 or
/// more is a warning, with the reason in place of a stack; a defect (500) has its stack in a line of its own besides. The same
/// place tells the companies' metrics of the request (<see cref="RequestMetering"/>).
/// <para>The query and the headers are not in it, since they may hold what nobody should read. Probes of health are left out.
/// <c>Logging__LogLevel__ScaleHub.Requests=Warning</c> leaves the successful ones out. When the console cannot keep up, lines are
/// dropped, and no request waits for it.</para>
/// </summary>
public static partial class RequestLog
{
    /// <summary>First of all, so that it has the last word on the status.</summary>
    public static void UseRequestLog(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ScaleHub.Requests");
        var metering = app.Services.GetRequiredService<RequestMetering>();
        app.Use(async (context, next) =>
        {
            if (HealthEndpoints.IsProbe(context.Request.Path))
            {
                await next(context);
                return;
            }
            var began = Stopwatch.GetTimestamp();
            try
            {
                await next(context);
            }
            finally
            {
                var took = Stopwatch.GetElapsedTime(began);
                metering.Record(context, took);
                Log(logger, context, took);
            }
        });
    }

    /// <summary>The id under which the request is found in logs and traces.</summary>
    public static string TraceIdOf(HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    private static void Log(ILogger logger, HttpContext context, TimeSpan took)
    {
        var status = context.Response.StatusCode;
        if (!logger.IsEnabled(status < 500 ? LogLevel.Information : LogLevel.Warning)) return;
        var caller = context.Features.Get<AccessToken>();
        // Escaped: a path with line breaks must not look like several lines.
        var (method, path) = (context.Request.Method, context.Request.Path.ToUriComponent());
        if (status < 500)
        {
            Handled(logger, method, path, status, took.TotalMilliseconds, caller?.CompanyId, caller?.UserId, TraceIdOf(context));
            return;
        }
        var reason = context.Features.Get<IExceptionHandlerFeature>()?.Error is { } error ? $"{error.GetType().Name}: {error.Message}" : "";
        Failed(logger, method, path, status, took.TotalMilliseconds, caller?.CompanyId, caller?.UserId, TraceIdOf(context), reason);
    }

    [LoggerMessage(LogLevel.Information, "{Method} {Path} {Status} in {DurationMs:0.0} ms (company {CompanyId}, user {UserId}, {TraceId})")]
    private static partial void Handled(
        ILogger logger, string method, string path, int status, double durationMs, Guid? companyId, Guid? userId, string traceId);

    [LoggerMessage(
        LogLevel.Warning, "{Method} {Path} {Status} in {DurationMs:0.0} ms (company {CompanyId}, user {UserId}, {TraceId}) {Reason}")]
    private static partial void Failed(ILogger logger, string method, string path, int status, double durationMs,
        Guid? companyId, Guid? userId, string traceId, string reason);
}
