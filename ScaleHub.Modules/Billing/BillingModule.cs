using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Billing;

/// <summary>What things cost.</summary>
public sealed class BillingModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Billing";

    /// <inheritdoc/>
    public string Summary => "What things cost.";

    /// <inheritdoc/>
    public void AddRouteServices(IServiceCollection services) => services.AddCacheWarming(
        async (scope, cancellationToken) => await ListPrices.FindAsync(scope.GetRequiredService<SharedCache>(), cancellationToken));

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        v1.MapGet("/prices", ListPrices.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Public);
        root.MapPut("/api/admin/prices/{code}/{currency}", SetPrice.HandleAsync).RequireRole(Roles.Operator)
            .WithRateLimit(RateLimits.Admin);
    }
}
