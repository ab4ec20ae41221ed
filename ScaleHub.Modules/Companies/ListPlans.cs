using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Caching;

namespace ScaleHub.Modules.Companies;

/// <summary>The plans, the smallest first.</summary>
public sealed record ListPlansResponse(IReadOnlyList<PlanResponse> Items);

/// <summary>What a plan allows.</summary>
/// <param name="Name"><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</param>
/// <param name="Rank">Higher allows more.</param>
/// <param name="RequestsPer15Minutes">Requests of the whole company in 15 minutes.</param>
/// <param name="Quotas">How many there may be: <c>users</c>, <c>patients</c> and <c>products</c> at a time, <c>orders</c> and
/// <c>exams</c> in a calendar month (UTC).</param>
public sealed record PlanResponse(string Name, int Rank, int RequestsPer15Minutes, IReadOnlyDictionary<string, long> Quotas)
{
    internal static PlanResponse From(Plan plan)
        => new(plan.Name, plan.Rank, plan.RequestsPer15Minutes,
            plan.Quotas.OrderBy(q => q.Resource, StringComparer.Ordinal).ToDictionary(q => q.Resource, q => q.Limit));
}

/// <summary><c>GET /api/v1/plans</c>: what each plan allows. Public; migrations alone change it.</summary>
public static class ListPlans
{
    /// <summary>Lists the plans.</summary>
    public static async Task<CachedOk<ListPlansResponse>> HandleAsync(SharedCache cache, CancellationToken cancellationToken)
        => new(await FindAsync(cache, cancellationToken), HttpCaching.PublicForMinutes);

    /// <summary>The plans from the cache.</summary>
    internal static ValueTask<Cached> FindAsync(SharedCache cache, CancellationToken cancellationToken)
        => cache.LoadAsync("plans", async services => cache.Write(new ListPlansResponse(
            [.. (await services.GetRequiredService<ReadDb>().Plans.Include(p => p.Quotas).OrderBy(p => p.Rank).ToListAsync(CancellationToken.None))
                .Select(PlanResponse.From)])),
            cancellationToken: cancellationToken);
}
