using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Companies;

/// <summary>The company itself, its plan and its quotas.</summary>
public sealed class CompaniesModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Companies";

    /// <inheritdoc/>
    public string Summary => "The company itself, its plan and its quotas.";

    /// <inheritdoc/>
    public void AddRouteServices(IServiceCollection services) => services.AddCacheWarming(
        async (scope, cancellationToken) => await ListPlans.FindAsync(scope.GetRequiredService<SharedCache>(), cancellationToken));

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        v1.MapGet("/plans", ListPlans.HandleAsync).WithRateLimit(RateLimits.Public).AllowAnonymous();
        v1.MapGet("/quotas", GetQuotas.HandleAsync).RequireRole(Roles.Member).WithRateLimit(RateLimits.Essential);

        var company = v1.MapGroup("/company");
        company.MapGet("/", GetCompany.HandleAsync).RequireRole(Roles.Member);
        company.MapPatch("/", UpdateCompany.HandleAsync).RequireRole(Roles.Admin);
    }
}
