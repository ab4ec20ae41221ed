using System.Diagnostics;

namespace ScaleHub.Core.Platform.Tenancy;

/// <summary>
/// Whose request or job a span is of. Log records that are written within it get the same attributes (<c>TenantOfLogs</c> of
/// ScaleHub.ServiceDefaults, which knows them by these names).
/// </summary>
public static class TenantTags
{
    /// <summary>The company.</summary>
    public const string Company = "scalehub.company.id";

    /// <summary>The user in whose name it is done (semantic conventions of OpenTelemetry, <c>enduser</c>).</summary>
    public const string User = "enduser.id";

    /// <summary>
    /// Says it, when somebody collects spans; whether this one is sampled does not matter. Nothing is written as text here: an
    /// identifier becomes text when a span or a record is sent.
    /// </summary>
    /// <param name="span">Of the request or job; null when there is none.</param>
    /// <param name="companyId">The company.</param>
    /// <param name="userId">The user; null for the platform's own work.</param>
    public static void SetTenant(this Activity? span, Guid companyId, Guid? userId)
    {
        // Each request has a span, for the trace's id, also where nobody collects it.
        if (span?.Source.HasListeners() != true) return;
        span.SetTag(Company, companyId);
        if (userId is { } user) span.SetTag(User, user);
    }
}
