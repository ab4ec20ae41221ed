using System.Diagnostics;
using System.Globalization;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// Spans of calls to receivers, source <c>ScaleHub.Webhooks</c>, by the semantic conventions of OpenTelemetry for HTTP clients,
/// in the trace of the job, which is that of the request that caused the event. The address is left out but for host and port:
/// in its path a receiver may keep a secret.
/// <para>The receiver gets the trace's id (<c>traceparent</c>, W3C Trace Context), which says nothing of what is inside here, and
/// can be asked for by it. It gets neither <c>tracestate</c> nor <c>baggage</c>.</para>
/// </summary>
internal static class WebhookTracing
{
    private static readonly ActivitySource Traces = new("ScaleHub.Webhooks");

    /// <summary>Begins the span of a call; null when nobody collects spans, or the trace is not sampled.</summary>
    public static Activity? Start(Webhook webhook, WebhookDelivery delivery)
    {
        if (Traces.StartActivity("POST webhook", ActivityKind.Client) is not { } span) return null;
        var url = new Uri(webhook.Url);
        return span.SetTag("http.request.method", "POST").SetTag("server.address", url.Host).SetTag("server.port", url.Port)
            .SetTag("scalehub.webhook.id", webhook.Id).SetTag("scalehub.event.type", delivery.EventType);
    }

    /// <summary>Tells the receiver the trace; of one that is not sampled the job's part.</summary>
    public static void PassOn(Activity? span, HttpRequestMessage request)
    {
        if ((span ?? Activity.Current) is { IdFormat: ActivityIdFormat.W3C, Id: { } id }) request.Headers.Add("traceparent", id);
    }

    /// <summary>The receiver has answered.</summary>
    public static void Answered(this Activity? span, int status)
    {
        span?.SetTag("http.response.status_code", status);
        if (status >= 400)
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", status.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>There was no answer.</summary>
    public static void Failed(this Activity? span, Exception e)
        => span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", e.GetType().FullName);
}
