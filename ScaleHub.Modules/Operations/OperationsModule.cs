using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Assets;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Operations;

/// <summary>What the people who run the platform look at.</summary>
public sealed class OperationsModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Operations";

    /// <inheritdoc/>
    public string Summary => "For those who run the platform.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Billing", "Companies", "Identity", "Webhooks"];

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var operations = root.MapGroup("/api").WithRateLimit(RateLimits.Api).RequireRole(Roles.Operator);
        // In Development for everybody.
        if (root.ServiceProvider.GetRequiredService<IHostEnvironment>().IsDevelopment()) operations.AllowAnonymous();
        operations.MapGet("/health/database", DatabaseHealth.Handle)
            .Produces<DatabaseHealthResponse>().Produces<DatabaseHealthResponse>(StatusCodes.Status503ServiceUnavailable);
        operations.MapGet("/health/cache", CacheHealth.Handle);
        operations.MapGet("/admin/quotas/{companyId:guid}", CompanyQuotas.HandleAsync).WithRateLimit(RateLimits.Operations);

        // The page of it (Assets/ops*), which shares its parts with the company's own page.
        root.MapPage("/ops", "ops.html");

        var companies = root.MapGroup("/api/admin/companies/{id:guid}").RequireRole(Roles.Operator);
        companies.MapGet("/", ShowCompany.HandleAsync).WithRateLimit(RateLimits.Operations);
        companies.MapPut("/plan", SetCompanyPlan.HandleAsync).WithRateLimit(RateLimits.Admin).ProducesProblem(409);
    }
}
