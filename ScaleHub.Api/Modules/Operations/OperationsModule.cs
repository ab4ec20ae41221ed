using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Operations;

/// <summary>What the people who run the platform look at.</summary>
public static class OperationsModule
{
    /// <summary>The routes under <c>/api/health</c> and <c>/api/admin</c>: for the platform's operators, and in Development for
    /// everybody.</summary>
    public static void MapOperations(this WebApplication app)
    {
        var operations = app.MapGroup("/api").WithTags("Operations").WithRateLimit(RateLimits.Api).RequireRole(Roles.Operator);
        if (app.Environment.IsDevelopment()) operations.AllowAnonymous();
        operations.MapGet("/health/database", DatabaseHealth.Handle)
            .Produces<DatabaseHealthResponse>().Produces<DatabaseHealthResponse>(StatusCodes.Status503ServiceUnavailable);
        operations.MapGet("/health/cache", CacheHealth.Handle);
        operations.MapGet("/admin/quotas/{companyId:guid}", CompanyQuotas.HandleAsync).WithRateLimit(RateLimits.Admin);
    }
}
