using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// The plans in their order, to tell a client which one allows more. Read once: only migrations change them. When the database is
/// away before that, no plan is named.
/// </summary>
public sealed class PlanLadder(IServiceScopeFactory scopes, ILogger<PlanLadder> logger)
{
    private volatile Plan[]? _plans;

    /// <summary>The smallest plan that allows more requests, if any.</summary>
    public async ValueTask<Plan?> AboveAsync(Plan plan, CancellationToken cancellationToken)
    {
        try
        {
            _plans ??= await LoadAsync(cancellationToken);
        }
        catch (Exception e) when (e is NoNodeException || DatabaseErrors.IsPassing(e))
        {
            logger.LogWarning("The plans could not be read ({Reason})", e.GetType().Name);
            return null;
        }
        return Array.Find(_plans, p => p.Rank > plan.Rank && p.RequestsPer15Minutes > plan.RequestsPer15Minutes);
    }

    private async Task<Plan[]> LoadAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ReadDb>();
        return await db.Plans.AsNoTracking().OrderBy(p => p.Rank).ToArrayAsync(cancellationToken);
    }
}
