using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Audit;

/// <summary><c>GET /api/admin/audit/{companyId}</c>: the same as the company's admins see, for an operator.</summary>
public static class ListCompanyAuditEntries
{
    /// <summary>Lists a company's audit log, newest first; the platform's own is that of the company <c>ffffffff-…</c>.</summary>
    public static async Task<Ok<PagedList<AuditEntryResponse>>> HandleAsync(
        Guid companyId, [AsParameters] AuditFilter filter, [AsParameters] PageQuery page, IServiceScopeFactory scopes,
        CancellationToken cancellationToken)
    {
        // A scope of its own: the request's belongs to the operator, and a scope serves one company.
        await using var scope = scopes.CreateScopeOf(companyId);
        var entries = scope.ServiceProvider.GetRequiredService<ReadDb>().Set<AuditEntry>();
        return TypedResults.Ok(await page.NewestFirstAsync(
            filter.Apply(entries), e => e.Id, AuditEntryResponse.Projection, cancellationToken));
    }
}
