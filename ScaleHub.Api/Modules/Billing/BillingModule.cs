using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Billing;

/// <summary>What things cost.</summary>
public static class BillingModule
{
    /// <summary>The route <c>/prices</c>.</summary>
    public static void MapBilling(this IEndpointRouteBuilder api)
        => api.MapGet("/prices", ListPrices.HandleAsync).WithTags("Billing").AllowAnonymous().WithRateLimit(RateLimits.Public);

    /// <summary>The routes under <c>/api/admin</c>, for operators.</summary>
    public static void MapBillingAdministration(this IEndpointRouteBuilder app)
        => app.MapPut("/api/admin/prices/{code}/{currency}", SetPrice.HandleAsync).WithTags("Billing")
            .RequireRole(Roles.Operator).WithRateLimit(RateLimits.Admin);
}
