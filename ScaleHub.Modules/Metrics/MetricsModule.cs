using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Metrics;

/// <summary>How requests went, by company, and what is wrong.</summary>
public sealed class MetricsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Metrics";

    /// <inheritdoc/>
    public string Summary => "How requests went: how many, how long they took, how they ended; and what is wrong.";

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services) => services.AddSingleton<MetricsStore>();

    /// <inheritdoc/>
    public void AddJobs(JobList jobs)
        => jobs.Handle<RollUpMetrics, RollUpMetricsHandler>().Schedule("metrics.roll_up", "4 * * * *", _ => new RollUpMetrics());

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        v1.MapGet("/metrics", GetMetrics.HandleAsync).RequireRole(Roles.Admin);

        var operations = root.MapGroup("/api/admin/metrics").RequireRole(Roles.Operator).WithRateLimit(RateLimits.Admin);
        operations.MapGet("/summary", SummariseMetrics.HandleAsync);
        operations.MapGet("/company/{id:guid}", GetCompanyMetrics.HandleAsync);
    }
}
