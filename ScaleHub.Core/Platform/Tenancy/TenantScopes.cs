using Microsoft.Extensions.DependencyInjection;

namespace ScaleHub.Core.Platform.Tenancy;

/// <summary>Units of work outside a request: a lookup for all requests, a job, an operator's view of a company.</summary>
public static class TenantScopes
{
    /// <summary>A new scope that acts for a company, or for <see cref="Tenant.Platform"/>. Dispose it.</summary>
    public static AsyncServiceScope CreateScopeOf(this IServiceScopeFactory scopes, Guid companyId, Guid? userId = null)
    {
        var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenant>().ActAs(companyId, userId);
        return scope;
    }

    /// <summary>The same for an operator who changes something of a company: the company's audit log says that the platform did it.</summary>
    public static AsyncServiceScope CreateScopeOf(this IServiceScopeFactory scopes, Guid companyId, Tenant byOperator)
    {
        var scope = scopes.CreateScopeOf(companyId, byOperator.RequiredUserId);
        scope.ServiceProvider.GetRequiredService<Tenant>().ByPlatform = true;
        return scope;
    }
}
