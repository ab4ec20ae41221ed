using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Caching;

namespace ScaleHub.Modules.Companies;

/// <summary><c>GET /api/v1/quotas</c>: how the caller's company stands with what its plan allows. Cached until that
/// changes.</summary>
public static class GetQuotas
{
    // Orders and exams start from 0 with a month, which no write tells.
    private static readonly CacheTimes AMinute = new(TimeSpan.FromMinutes(1));

    /// <summary>Reads limit, use and what remains of each quota.</summary>
    public static async Task<Results<CachedOk<QuotaStatus>, NotFound>> HandleAsync(
        CompanyCache cache, TimeProvider time, CancellationToken cancellationToken)
    {
        var found = await cache.LoadAsync(
            QuotaStatus.Cached,
            async services => cache.Write(await QuotaStatus.ReadAsync(
                services.GetRequiredService<ReadDb>(), time.GetUtcNow(), CancellationToken.None)),
            AMinute, cancellationToken: cancellationToken);
        return found.Value.Json.AsSpan().SequenceEqual("null"u8) ? TypedResults.NotFound() : new CachedOk<QuotaStatus>(found);
    }
}
