using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Overload;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules.Metrics.Alerts;

namespace ScaleHub.Modules.Metrics;

/// <summary>How requests went, by company, and what is wrong.</summary>
public sealed class MetricsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Metrics";

    /// <inheritdoc/>
    public string Summary => "How requests went: how many, how long they took, how they ended; and what is wrong.";

    // The names of companies; and a stream of events ends with the session that asked for it.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Companies", "Identity"];

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services)
    {
        services.AddSingleton<MetricsStore>();
        services.AddSingleton<Observations>();
        services.AddOptions<AlertOptions>().BindConfiguration(AlertOptions.Section).ValidateDataAnnotations()
            .Validate(o => PostAlertsHandler.IsUrl(o.WebhookUrl), "Alerts:WebhookUrl must be an http or https URL.")
            .Validate(o => PostAlertsHandler.IsSecret(o.WebhookSecret),
                "Alerts:WebhookSecret must be whsec_ and at least 24 bytes in base64.")
            .ValidateOnStart();
        services.AddHttpClient(nameof(PostAlerts)).ConfigurePrimaryHttpMessageHandler(PostAlertsHandler.NewHandler);
    }

    /// <inheritdoc/>
    public void AddRouteServices(IServiceCollection services) => services.AddSingleton<MetricsTicks>();

    /// <inheritdoc/>
    public void AddJobs(JobList jobs) => jobs
        .Handle<RollUpMetrics, RollUpMetricsHandler>().Schedule("metrics.roll_up", "4 * * * *", _ => new RollUpMetrics())
        .Handle<PostAlerts, PostAlertsHandler>()
        .Handle<MailCompanyAlerts, MailCompanyAlertsHandler>();

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var own = v1.MapGroup("/metrics").RequireRole(Roles.Admin);
        own.MapGet("/", GetMetrics.HandleAsync);
        own.MapGet("/problems", ListProblems.HandleAsync);

        var operations = root.MapGroup("/api/admin").RequireRole(Roles.Operator).WithRateLimit(RateLimits.Operations);
        operations.MapGet("/instances", ListInstances.HandleAsync);
        var metrics = operations.MapGroup("/metrics");
        metrics.MapGet("/summary", SummariseMetrics.HandleAsync);
        metrics.MapGet("/companies", ListCompaniesByLoad.HandleAsync);
        metrics.MapGet("/company/{id:guid}", GetCompanyMetrics.HandleAsync);
        metrics.MapGet("/problems", ListAllProblems.HandleAsync);
        metrics.MapGet("/events", WatchMetrics.Handle).AsStream();
    }
}
