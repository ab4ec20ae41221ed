using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>
/// Adds the company and the user of the request or job to each log record that is written within it, under the names that its
/// span has them by (<c>scalehub.company.id</c>, <c>enduser.id</c>). Read from the span with each record: a logging scope would
/// cost each request, whether it logs or not. Sampling makes no difference: a span that is not exported has them too.
/// </summary>
internal sealed class TenantOfLogs : BaseProcessor<LogRecord>
{
    private const string Company = "scalehub.company.id", User = "enduser.id";

    public override void OnEnd(LogRecord data)
    {
        // The current span may be that of a load or a call within the request.
        for (var span = Activity.Current; span is not null; span = span.Parent)
        {
            if (span.GetTagItem(Company) is not { } company) continue;
            List<KeyValuePair<string, object?>> attributes = [.. data.Attributes ?? [], new(Company, company)];
            if (span.GetTagItem(User) is { } user) attributes.Add(new(User, user));
            data.Attributes = attributes;
            return;
        }
    }
}
