using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Model;
using ScaleHub.Core.Platform.Quotas;

namespace ScaleHub.Api.Modules.Companies;

/// <summary><c>GET /api/v1/quotas</c>: how the caller's company stands with what its plan allows.</summary>
public static class GetQuotas
{
    /// <summary>Reads limit, use and what remains of each quota.</summary>
    public static async Task<Results<Ok<QuotaStatus>, NotFound>> HandleAsync(
        ReadDb db, TimeProvider time, CancellationToken cancellationToken)
        => await QuotaStatus.ReadAsync(db, time.GetUtcNow(), cancellationToken) is { } status
            ? TypedResults.Ok(status)
            : TypedResults.NotFound();
}
