using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Plans;

/// <summary>
/// Which plan each company is on, kept in process.
/// <para>Guarantee: every instance sees a change of plan in milliseconds, and within a second when Redis is away, also when the
/// outcome of the change is unknown to whoever made it. A cached plan is returned without waiting, and also when the
/// database is away.</para>
/// </summary>
public sealed class CompanyPlans
{
    private readonly LiveCache<Plan> _plans;
    private readonly IServiceScopeFactory _scopes;

    /// <summary>Listens to news from the other instances.</summary>
    public CompanyPlans(Broadcast broadcast, PendingInvalidations pending, IServiceScopeFactory scopes, TimeProvider time)
    {
        _scopes = scopes;
        _plans = new LiveCache<Plan>(
            "plan", broadcast, pending, time, capacity: 50_000, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(800)).Listening();
    }

    /// <summary>The company's plan.</summary>
    /// <exception cref="InvalidOperationException">There is no such company.</exception>
    /// <exception cref="NoNodeException">It is not kept, and there is no primary now.</exception>
    public async ValueTask<Plan> GetAsync(Guid companyId, CancellationToken cancellationToken)
    {
        // The load serves all who wait for it, so it does not end with one of them.
        var plan = _plans.GetAsync(companyId, () => LoadAsync(companyId));
        return (plan.IsCompletedSuccessfully ? plan.Result : await plan.AsTask().WaitAsync(cancellationToken))
            ?? throw new InvalidOperationException("There is no such company.");
    }

    /// <summary>Tells every instance of the new plan as soon as it is committed. Call it before the write.</summary>
    public void WillChange(UnitOfWork unitOfWork, Guid companyId)
        => unitOfWork.AfterCommit(async () => await _plans.ForgetAsync(companyId));

    private async Task<Plan?> LoadAsync(Guid companyId)
    {
        await using var scope = _scopes.CreateScopeOf(companyId);
        // From the primary: a standby might still have the plan before the change.
        return await scope.ServiceProvider.GetRequiredService<ScaleHubDb>().Set<Plan>()
            .FromSql($"select p.* from plans p join companies c on c.plan = p.plan where c.id = {companyId}")
            .AsNoTracking().SingleOrDefaultAsync();
    }
}
