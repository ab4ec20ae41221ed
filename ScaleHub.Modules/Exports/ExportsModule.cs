using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Exports;

/// <summary>A company's data to take away: lists as CSV, all of it as a ZIP file, and a report of each month.</summary>
public sealed class ExportsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Exports";

    /// <inheritdoc/>
    public string Summary => "A company's data to take away: lists as CSV, all of it as a ZIP file, and a report of each month.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Companies", "Files"];

    /// <inheritdoc/>
    public void AddJobs(JobList jobs)
        => jobs.Handle<ExportData, ExportDataHandler>().Handle<ExportCompanyData, ExportCompanyDataHandler>()
            .Handle<WriteReport, WriteReportHandler>();

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var exports = v1.MapGroup("/exports").RequireRole(Roles.Member).WithIdempotency().WithRateLimit(RateLimits.Strict);
        exports.MapGet("/", ListExports.Handle);
        exports.MapPost("/", CreateExport.HandleAsync).ProducesProblem(404);
        exports.MapPost("/company", ExportCompany.HandleAsync).RequireRole(Roles.Owner);
        v1.MapPost("/reports", CreateReport.HandleAsync).RequireRole(Roles.Admin).WithIdempotency().WithRateLimit(RateLimits.Strict)
            .ProducesProblem(400);
    }
}
