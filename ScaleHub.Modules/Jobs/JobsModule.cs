using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.Overload;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Jobs;

/// <summary>What a company sees of its jobs. The queue itself is the platform's (docs/jobs.md).</summary>
public sealed class JobsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Jobs";

    /// <inheritdoc/>
    public string Summary => "Work in the background: how far it is, what it brought, and an end to it.";

    // A stream of events ends with the session that asked for it.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Identity"];

    /// <inheritdoc/>
    public void AddJobs(JobList jobs)
        => jobs.Handle<PurgeJobs, PurgeJobsHandler>().Schedule("jobs.purge", "17 3 * * *", _ => new PurgeJobs());

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var jobs = v1.MapGroup("/jobs").RequireRole(Roles.Member);
        jobs.MapGet("/", ListJobs.HandleAsync).RequireRole(Roles.Admin);
        jobs.MapGet("/{id:guid}", GetJob.HandleAsync);
        jobs.MapGet("/{id:guid}/events", WatchJob.HandleAsync).AsStream();
        jobs.MapDelete("/{id:guid}", CancelJob.HandleAsync).ProducesProblem(409);

        var operations = root.MapGroup("/api/admin/jobs").RequireRole(Roles.Operator).WithRateLimit(RateLimits.Admin);
        operations.MapGet("/", SummariseJobs.HandleAsync).WithRateLimit(RateLimits.Operations);
        operations.MapGet("/dead", ListDeadJobs.HandleAsync).WithRateLimit(RateLimits.Operations);
        operations.MapPost("/redrive", RedriveJobs.HandleAsync).WithIdempotency();
    }
}
