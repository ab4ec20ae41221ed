using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Caching;

namespace ScaleHub.Modules.Companies;

/// <summary>The plans, the smallest first.</summary>
public sealed record ListPlansResponse(IReadOnlyList<Plan> Items);

/// <summary><c>GET /api/v1/plans</c>: what each plan allows. Public; migrations alone change it.</summary>
public static class ListPlans
{
    /// <summary>Lists the plans.</summary>
    public static async Task<CachedOk<ListPlansResponse>> HandleAsync(SharedCache cache, CancellationToken cancellationToken)
        => new(await FindAsync(cache, cancellationToken), HttpCaching.PublicForMinutes);

    /// <summary>The plans from the cache.</summary>
    internal static ValueTask<Cached> FindAsync(SharedCache cache, CancellationToken cancellationToken)
        => cache.LoadAsync("plans", async services => cache.Write(new ListPlansResponse(
            await services.GetRequiredService<ReadDb>().Plans.OrderBy(p => p.Rank).ToListAsync(CancellationToken.None))),
            cancellationToken: cancellationToken);
}
