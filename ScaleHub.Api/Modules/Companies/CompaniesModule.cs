using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Companies;

/// <summary>The company itself, and what it pays for.</summary>
public static class CompaniesModule
{
    /// <summary>The routes <c>/company</c> and <c>/plans</c>.</summary>
    public static void MapCompanies(this IEndpointRouteBuilder api)
    {
        api.MapGet("/plans", ListPlans.HandleAsync).WithTags("Companies").WithRateLimit(RateLimits.Public).AllowAnonymous();

        var company = api.MapGroup("/company").WithTags("Companies");
        company.MapGet("/", GetCompany.HandleAsync).RequireRole(Roles.Member);
        company.MapPatch("/", UpdateCompany.HandleAsync).RequireRole(Roles.Admin);
        company.MapPut("/plan", ChangePlan.HandleAsync).RequireRole(Roles.Owner).WithRateLimit(RateLimits.Essential).ProducesProblem(409);
    }
}
