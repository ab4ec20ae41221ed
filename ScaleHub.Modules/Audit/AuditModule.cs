using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Audit;

/// <summary>Who changed what. The log itself is the platform's (docs/audit.md).</summary>
public sealed class AuditModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Audit";

    /// <inheritdoc/>
    public string Summary => "Who changed what, from what to what.";

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("audit", Roles.Admin, db => db.Set<AuditEntry>(), e => e.Id, AuditEntryResponse.Projection, e => e.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        v1.MapGet("/audit", ListAuditEntries.HandleAsync).RequireRole(Roles.Admin);
        root.MapGet("/api/admin/audit/{companyId:guid}", ListCompanyAuditEntries.HandleAsync).RequireRole(Roles.Operator)
            .WithRateLimit(RateLimits.Operations);
    }
}
