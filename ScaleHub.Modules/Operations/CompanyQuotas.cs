using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Operations;

/// <summary><c>GET /api/admin/quotas/{companyId}</c>: the same as the company sees, for an operator.</summary>
public static class CompanyQuotas
{
    /// <summary>Reads limit, use and what remains of each quota of a company, from the primary.</summary>
    public static async Task<Results<Ok<QuotaStatus>, NotFound>> HandleAsync(
        Guid companyId, IServiceScopeFactory scopes, TimeProvider time, CancellationToken cancellationToken)
    {
        // A scope of its own: the request's belongs to the operator, and a scope serves one company.
        await using var scope = scopes.CreateScopeOf(companyId);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        return await QuotaStatus.ReadAsync(db, time.GetUtcNow(), cancellationToken) is { } status
            ? TypedResults.Ok(status)
            : TypedResults.NotFound();
    }
}
